import type { FastifyRequest } from 'fastify';
import Type, { type TObject } from 'typebox';
import { nearest } from '../../lib/nearest.ts';
import { invalid } from '../fault.ts';

/** A whole number in a query. Type.Integer will not do, because it makes the text 1.5 a 1. */
export function wholeNumber(range: { minimum: number; maximum?: number }) {
  return Type.Number({ multipleOf: 1, ...range });
}

/**
 * Refuses parameters that a query does not have, as a route's `preValidation`. If they were ignored, a
 * misspelt filter would show what it was meant to hide.
 */
export function knownParametersOnly({ properties }: TObject) {
  const known = Object.keys(properties);
  return async ({ query }: Pick<FastifyRequest, 'query'>): Promise<void> => {
    const name = Object.keys(query as object).find((given) => !known.includes(given));
    if (name === undefined) return;
    const near = nearest(name.toLowerCase(), known);
    const only = known.length === 0 ? '' : `, only ${known.join(', ')}`;
    const way = near === null ? only : `; did you mean ${near}?`;
    throw invalid(`querystring: there is no parameter ${name}${way}`);
  };
}
