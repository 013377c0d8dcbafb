import Type, { type TSchema } from 'typebox';

/** Serialisers of many languages write null for what is absent. */
export const optional = <T extends TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
