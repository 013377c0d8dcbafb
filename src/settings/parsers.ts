import { parseAmqpUrl } from '../rabbitmq/connection/amqp-url.ts';

/** From the least to the most that is logged, but for `silent`. */
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Other programs' names for our levels, such as Python's. */
const otherLevels: Readonly<Record<string, LogLevel>> = { warning: 'warn', critical: 'fatal' };

export function logLevel(text: string): LogLevel {
  const name = text.toLowerCase();
  const level = logLevels.find((known) => known === name) ?? otherLevels[name];
  if (level === undefined) {
    throw new Error(`must be one of ${logLevels.join(', ')}, but is "${text}"`);
  }
  return level;
}

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new Error(`must be a whole number from ${min} to ${max}, but is "${text}"`);
    }
    return value;
  };
}

export function boolean(text: string): boolean {
  const word = text.toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(word)) return true;
  if (['false', '0', 'no', 'off'].includes(word)) return false;
  throw new Error(`must be true or false, but is "${text}"`);
}

/** Null: the broker inside this process. */
export function brokerUrl(text: string): string | null {
  if (text === 'memory:') return null;
  parseAmqpUrl(text);
  return text;
}

export function exchangeName(text: string): string {
  if (!/^[\w.:-]{1,200}$/.test(text)) {
    throw new Error(`must be 1 to 200 letters, digits, or any of - _ . : but is "${text}"`);
  }
  return text;
}

export function secret(text: string): string {
  if (text.length < 16) throw new Error('must be at least 16 characters long');
  return text;
}
