import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { valueFaults, type UsableSchema } from '../schema/json-schema.ts';
import { formatPath, type Path } from '../schema/path.ts';
import type { Fault } from '../schema/schema-error.ts';

/** An object whose defaults are filled in: `properties` and `items` alone lead to it. */
interface FilledObject {
  readonly properties: JsonObject;
  /** Where its schema stands. */
  readonly path: Path;
  /** Where it stands in the arguments; a list is represented by its first item. */
  readonly valuePath: Path;
}

/** Defaults that do not fit: they would fail every call that leaves their argument out. */
export function defaultFaults({ schema, validate }: UsableSchema): Fault[] {
  return filledObjects(schema, [], []).flatMap(({ properties, path, valuePath }) => {
    const hasDefault = (name: string): boolean => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return isJsonObject(property) && property['default'] !== undefined;
    };
    const placed = (name: string): Path => [...path, 'properties', name, 'default'];

    const unfillable = Object.keys(properties)
      .filter((name) => name in Object.prototype && hasDefault(name))
      .map((name) => ({
        path: placed(name),
        problem: `would never be filled in: every JavaScript object has a ${name}`,
      }));
    const unfit = valueFaults(validate, valueAround(valuePath)).flatMap((fault) => {
      if (!valuePath.every((part, i) => part === fault.path[i])) return [];
      const [name = '', ...inside] = fault.path.slice(valuePath.length);
      if (!hasDefault(String(name))) return [];
      const problem = [formatPath(inside), fault.problem].join(' ').trim();
      return [{ path: placed(String(name)), problem }];
    });
    return [...unfillable, ...unfit];
  });
}

function filledObjects(schema: JsonObject, path: Path, valuePath: Path): FilledObject[] {
  const { properties, items } = schema;
  const inItems = isJsonObject(items)
    ? filledObjects(items, [...path, 'items'], [...valuePath, 0])
    : [];
  if (!isJsonObject(properties)) return inItems;
  const inside = Object.entries(properties).flatMap(([name, property]) =>
    isJsonObject(property)
      ? filledObjects(property, [...path, 'properties', name], [...valuePath, name])
      : [],
  );
  return [{ properties, path, valuePath }, ...inside, ...inItems];
}

/** Arguments with an empty object at this place. */
function valueAround(path: Path): Json {
  return path.reduceRight<Json>(
    (inner, part) => (typeof part === 'number' ? [inner] : { [part]: inner }),
    {},
  );
}
