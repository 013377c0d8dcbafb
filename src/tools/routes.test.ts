import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../test/support/tools-files.ts';

/** A tool whose route stands on line 3, after the routes on line 1. */
function routed(routes: string, route: string): string {
  return `routes: ${routes}\ntools: [{ name: t,\n  route: ${route} }]`;
}

const oneWord = 'a step must hold no white space, * or #: it is a queue and a routing key';

describe('refused', () => {
  test.each([
    [
      'a dangling route',
      routed('{ first: [s] }', 'other'),
      '3:3 tools[0].route: no route "other" is defined; known: first; a route of one step is written [other]',
    ],
    [
      'a misspelt route',
      routed('{ enhance: [s] }', 'enhanse'),
      '3:3 tools[0].route: no route "enhanse" is defined; did you mean enhance?; a route of one step is written [enhanse]',
    ],
    [
      'a route where none is defined',
      routed('{}', 'r'),
      '3:3 tools[0].route: no route "r" is defined; known: none; a route of one step is written [r]',
    ],
    ['an empty route', 'routes:\n  r: []', '2:3 routes.r: must hold a step'],
    ['an empty route of a tool', routed('{}', '[]'), '3:3 tools[0].route: must hold a step'],
    ['a route that is no list', 'routes:\n  r: s', '2:3 routes.r: must be a list, but is "s"'],
    [
      'a route of a tool that is neither',
      routed('{}', '{ a: b }'),
      '3:3 tools[0].route: must be the name of a route, or a list of steps',
    ],
    ['routes that are no mapping', 'routes: [r]', '1:1 routes: must be a mapping, but is ["r"]'],
    [
      'a step that is no text',
      'routes:\n  r: [1]',
      '2:7 routes.r[0]: must be a text that is not empty, but is 1',
    ],
    ['white space in a step', 'routes:\n  r: [a, b c]', `2:10 routes.r[1]: ${oneWord}`],
    ['a wildcard', 'routes:\n  r:\n    - "#"', `3:7 routes.r[0]: ${oneWord}`],
    ['a control character', 'routes: { r: ["a\\a"] }', `1:15 routes.r[0]: ${oneWord}`],
    [
      'a step longer than a routing key',
      `routes: { r: [${'ä'.repeat(126)}] }`,
      '1:15 routes.r[0]: a step must be at most 250 bytes: it is a routing key',
    ],
  ])('%s', (_name, text, line) => {
    expect(refusalOf(text)).toEqual([line]);
  });
});
