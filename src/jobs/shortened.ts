/** Most characters of a message, because every message is kept in the history and sent to every watcher. */
const maxMessageLength = 4_096;

export function shortened(message: string): string;
export function shortened(message: string | null): string | null;
export function shortened(message: string | null): string | null {
  if (message === null || message.length <= maxMessageLength) return message;
  return `${message.slice(0, maxMessageLength - 1).toWellFormed()}…`;
}
