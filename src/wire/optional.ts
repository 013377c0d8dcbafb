import Type, { type TSchema } from 'typebox';

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/**
 * A field of a body that may be left out, or be null: serialisers of many languages write null for what
 * is absent. Every optional field is made by this, so that none is forgotten.
 */
export const optional = <T extends TSchema>(schema: T) => Type.Optional(nullable(schema));
