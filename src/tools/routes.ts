import { suggestion, type YamlNode } from '../yaml/yaml-node.ts';

/** AMQP holds a routing key in 255 bytes, and the gateway may put `asya-` before the step. */
const maxStepBytes = 250;

/** Named routes by name; one that is at fault has only the steps that are not. */
export type Routes = ReadonlyMap<string, readonly string[]>;

/** Joins the `routes` of several files, in which each name may be defined once. */
export function mergeRoutes(sections: readonly YamlNode[]): Routes {
  const routes = new Map<string, readonly string[]>();
  const places = new Map<string, string>();
  for (const section of sections) {
    for (const [name, route] of section.entries()) {
      const first = places.get(name);
      if (first !== undefined) route.fault(`is already defined at ${first}`);
      places.set(name, first ?? route.place);
      routes.set(name, readSteps(route));
    }
  }
  return routes;
}

/** The steps of a tool's `route`: the name of a route, or a list of steps. */
export function resolveRoute(route: YamlNode, routes: Routes): readonly string[] {
  if (Array.isArray(route.value)) return readSteps(route);
  if (typeof route.value !== 'string') {
    route.fault('must be the name of a route, or a list of steps');
    return [];
  }
  const name = route.value;
  const steps = routes.get(name);
  if (steps !== undefined) return steps;
  const step = `a route of one step is written [${name}]`;
  route.fault(`no route "${name}" is defined; ${suggestion(name, [...routes.keys()])}; ${step}`);
  return [];
}

function readSteps(route: YamlNode): readonly string[] {
  const items = route.items();
  if (Array.isArray(route.value) && items.length === 0) route.fault('must hold a step');
  return items.map(readStep).filter((step) => step !== undefined);
}

function readStep(item: YamlNode): string | undefined {
  const step = item.text();
  if (step === undefined) return undefined;
  if (/[\s\p{Cc}*#]/u.test(step)) {
    return item.fault('a step must hold no white space, * or #: it is a queue and a routing key');
  }
  if (Buffer.byteLength(step) > maxStepBytes) {
    return item.fault(`a step must be at most ${maxStepBytes} bytes: it is a routing key`);
  }
  return step;
}
