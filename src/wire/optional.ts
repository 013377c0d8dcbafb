import Type, { type TSchema } from 'typebox';

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/**
 * A field that may be left out, or be null: serialisers of many languages write null for what is absent.
 * No other field of a body is optional.
 */
export const optional = <T extends TSchema>(schema: T) => Type.Optional(nullable(schema));
