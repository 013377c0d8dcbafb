import { stripVTControlCharacters, styleText } from 'node:util';
import type { Json } from '../../lib/json.ts';

type Style = Parameters<typeof styleText>[0];

/** A line for the user, beside the output. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** One JSON document, or one line of several: on one line where a program reads it. */
export function printJson(value: unknown): void {
  print(process.stdout.isTTY ? JSON.stringify(value, null, 2) : JSON.stringify(value));
}

/** A JSON document on a line of its own (https://jsonlines.org). */
export function printJsonLine(value: unknown): void {
  print(JSON.stringify(value));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Colour where the stream is a terminal, and `NO_COLOR` is not set. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream): string {
  // An empty NO_COLOR counts as unset (https://no-color.org).
  if (!stream.isTTY || (process.env['NO_COLOR'] ?? '') !== '') return text;
  return styleText(style, text, { validateStream: false });
}

/**
 * Text of tools and actors as a terminal may show it: without control characters, by which it could move
 * the cursor, change the title or hide what stands there.
 */
export function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return stripVTControlCharacters(text).replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}

/** The same on one line. */
export function oneLine(text: string): string {
  return harmless(text).replaceAll(/\s+/g, ' ').trim();
}

/** JSON as people read it: texts without their quotes. */
export function readable(value: Json): string {
  return harmless(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
}

/** Whether somebody can be asked: questions are shown on standard error. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}
