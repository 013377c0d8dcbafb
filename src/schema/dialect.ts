import { Ajv, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Json } from '../lib/json.ts';
import { isMultiple } from './decimal.ts';

/** What compiles schemas of one dialect. */
type Compiler = Pick<Ajv, 'compile' | 'getSchema' | 'addKeyword' | 'removeKeyword'>;

/** A version of JSON Schema. */
export interface Dialect {
  /** The `$schema` that names it, as its specification writes it. */
  readonly uri: string;
  /** The `$schema` of the meta-schema that its schemas are checked by. */
  readonly metaSchema: string;
  /** Whether what stands beside a `$ref` is ignored (draft-07 core, section 8.3). */
  readonly refStandsAlone: boolean;
  /** A compiler that has compiled nothing yet. */
  newCompiler(): Compiler;
}

const options: Options = {
  // Unknown keywords and formats are notes to a schema's readers (2020-12 core, section 6.5).
  strict: false,
  logger: false,
  allErrors: true,
  // Errors carry the schema they come from, so that a sentence can say what would be right.
  verbose: true,
  useDefaults: true,
  // Else `required: [constructor]` is met by every object.
  ownProperties: true,
  // Whoever takes schemas from outside checks them first, and words the faults.
  validateSchema: false,
};

const olderOptions: Options = { ...options, ignoreKeywordsWithRef: true };

const draft2020: Dialect = {
  uri: 'https://json-schema.org/draft/2020-12/schema',
  metaSchema: 'https://json-schema.org/draft/2020-12/schema',
  refStandsAlone: false,
  newCompiler: () => equipped(new Ajv2020(options)),
};

/** What a schema without `$schema` is written in (MCP 2025-11-25, basic, "JSON Schema Usage"). */
export const defaultDialect = draft2020;

const draft2019: Dialect = {
  uri: 'https://json-schema.org/draft/2019-09/schema',
  metaSchema: 'https://json-schema.org/draft/2019-09/schema',
  refStandsAlone: false,
  newCompiler: () => equipped(new Ajv2019(options)),
};

export const draft07: Dialect = {
  uri: 'http://json-schema.org/draft-07/schema#',
  metaSchema: 'http://json-schema.org/draft-07/schema',
  refStandsAlone: true,
  newCompiler: () => equipped(new Ajv(olderOptions)),
};

const draft06: Dialect = {
  uri: 'http://json-schema.org/draft-06/schema#',
  // Draft-07 only added keywords.
  metaSchema: draft07.metaSchema,
  refStandsAlone: true,
  newCompiler() {
    const compiler = draft07.newCompiler();
    // The only ones among them that decide anything.
    for (const keyword of ['if', 'then', 'else']) compiler.removeKeyword(keyword);
    return compiler;
  },
};

const dialects: readonly Dialect[] = [draft2020, draft2019, draft07, draft06];

/** The `$schema` of every dialect, for a sentence. */
export const dialectUris: readonly string[] = dialects.map(({ uri }) => uri);

/** The dialect that a `$schema` names, by http or https, with or without `#`; undefined: none of ours. */
export function dialectOf($schema: Json): Dialect | undefined {
  if (typeof $schema !== 'string') return undefined;
  return dialects.find(({ uri }) => bare(uri) === bare($schema));
}

function bare(uri: string): string {
  return uri.replace(/^https?:/, '').replace(/#$/, '');
}

function equipped(compiler: Ajv | Ajv2019 | Ajv2020): Compiler {
  addFormats.default(compiler);
  // A note like other unknown keywords; the compiler would take it for a draft-04 `$id` and give up.
  compiler.removeKeyword('id');
  compiler.removeKeyword('multipleOf');
  compiler.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    validate: (step: number, value: number) => isMultiple(value, step),
    errors: false,
    error: { message: ({ schema }) => `must be multiple of ${String(schema)}` },
  });
  return compiler;
}
