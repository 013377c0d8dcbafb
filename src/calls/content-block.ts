import { isBase64 } from '../lib/base64.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { anyObject, arrayOf, objectOf, oneOf, text, textThat, type Member } from './shape.ts';

/*
 * The blocks that may stand in a tool result's `content` (MCP 2026-07-28 and 2025-11-25, schema,
 * "ContentBlock"; earlier versions know fewer types and members, but none that is otherwise). The
 * types are those of the schema's TypeScript and of its JSON form together: `size` is an integer only
 * in the latter.
 */

const base64 = textThat(isBase64);

/** What `format: uri` allows (RFC 3986), of which some readers take only what they can parse. */
const uriFormat = /^[a-z][a-z\d+.-]*:(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[\da-f]{2})*$/i;

const uri = textThat((value) => uriFormat.test(value) && URL.canParse(value));

const dateTimeFormat =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A time with its offset, as RFC 3339 has it. */
const dateTime = textThat((value) => {
  const [, date] = dateTimeFormat.exec(value) ?? [];
  return date !== undefined && isDate(date);
});

const annotations = objectOf({
  required: {},
  optional: {
    audience: arrayOf(oneOf('user', 'assistant')),
    priority: (value) => {
      return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
    },
    lastModified: dateTime,
  },
});

const icon = objectOf({
  required: { src: uri },
  optional: { mimeType: text, sizes: arrayOf(text), theme: oneOf('light', 'dark') },
});

const wholeNumber: Member = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

const ofEveryBlock = { annotations, _meta: anyObject };

const media = objectOf({ required: { data: base64, mimeType: text }, optional: ofEveryBlock });

const contents = objectOf({
  required: { uri },
  optional: { mimeType: text, text, blob: base64, _meta: anyObject },
});

const blocks = {
  text: objectOf({ required: { text }, optional: ofEveryBlock }),
  image: media,
  audio: media,
  resource_link: objectOf({
    required: { uri, name: text },
    optional: {
      ...ofEveryBlock,
      title: text,
      description: text,
      mimeType: text,
      size: wholeNumber,
      icons: arrayOf(icon),
    },
  }),
  resource: objectOf({
    required: {
      resource: (value) => {
        const taken = contents(value);
        const holds = taken !== undefined && ('text' in taken || 'blob' in taken);
        return holds ? taken : undefined;
      },
    },
    optional: ofEveryBlock,
  }),
} as const;

export type BlockType = keyof typeof blocks;

export const blockTypes = Object.keys(blocks) as readonly BlockType[];

/**
 * A block as it may be sent. Clients refuse a whole result for one wrong member of one block.
 *
 * @param known the types of blocks that the client's protocol version has
 * @returns the block without optional members that are null; undefined if it is not a valid block
 */
export function contentBlock(value: Json, known: readonly BlockType[]): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const type = known.find((name) => name === value['type']);
  return type === undefined ? undefined : blocks[type](value);
}

/** The 30th of February is none. */
function isDate(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}
