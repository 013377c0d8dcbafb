const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const shape = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Is this base64 as RFC 4648, section 4, writes it: with padding, without line breaks, and with zeros
 * in the bits that are left over? Strict decoders take nothing else.
 */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0 || !shape.test(text)) return false;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (padding === 0) return true;
  const last = alphabet.indexOf(text.charAt(text.length - padding - 1));
  return last % (padding === 1 ? 4 : 16) === 0;
}
