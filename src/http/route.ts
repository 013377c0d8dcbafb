import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  ContextConfigDefault,
  FastifySchema,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteShorthandOptionsWithHandler,
} from 'fastify';
import Type from 'typebox';
import { jobIdText } from '../wire/report.ts';

type RouteOptions<Schema extends FastifySchema> = RouteShorthandOptionsWithHandler<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  RouteGenericInterface,
  ContextConfigDefault,
  Schema,
  TypeBoxTypeProvider
>;

/**
 * A route without its path, which app.ts gives it. The handler's types follow from the schema. No route
 * has a response schema, because Fastify would send the fields of the schema only, and payloads are any
 * JSON.
 */
export function route<const Schema extends FastifySchema>(
  options: RouteOptions<Schema>,
): RouteOptions<Schema> {
  return options;
}

/** The parameters of every path that names a job. */
export const jobParams = Type.Object({ id: jobIdText });
