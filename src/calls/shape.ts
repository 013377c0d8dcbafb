import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';

/** Takes a value as it may be sent: itself, or a copy without members that are null. Undefined: it is wrong. */
export type Member = (value: Json) => Json | undefined;

export interface Shape {
  readonly required: Readonly<Record<string, Member>>;
  readonly optional: Readonly<Record<string, Member>>;
}

/**
 * Takes an object of a shape. Some serializers write null for what is absent, and strict readers refuse
 * that, so optional members that are null are left out. Members that the shape does not name stay.
 */
export function objectOf({ required, optional }: Shape): (value: Json) => JsonObject | undefined {
  return (value) => {
    if (!isJsonObject(value)) return undefined;
    const taken: JsonObject = { ...value };
    for (const [name, member] of Object.entries(required)) {
      const own = Object.hasOwn(value, name) ? member(value[name] ?? null) : undefined;
      if (own === undefined) return undefined;
      taken[name] = own;
    }
    for (const [name, member] of Object.entries(optional)) {
      if (!Object.hasOwn(value, name)) continue;
      const given = value[name] ?? null;
      if (given === null) delete taken[name];
      else {
        const own = member(given);
        if (own === undefined) return undefined;
        taken[name] = own;
      }
    }
    return taken;
  };
}

export function arrayOf(item: Member): Member {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const taken = value.map((each) => item(each));
    return taken.every((each) => each !== undefined) ? taken : undefined;
  };
}

/** Takes texts that pass a check. */
export function textThat(passes: (text: string) => boolean): Member {
  return (value) => (typeof value === 'string' && passes(value) ? value : undefined);
}

export const text: Member = textThat(() => true);

export function oneOf(...values: readonly Json[]): Member {
  return (value) => (values.includes(value) ? value : undefined);
}

/** Takes any object as it is. */
export const anyObject: Member = (value) => (isJsonObject(value) ? value : undefined);
