import { setTimeout as pause } from 'node:timers/promises';
import { actor, type ActorContext } from 'asya-gateway/actor';
import { drawLine } from './block-letters.ts';

/*
 * The actors behind tools.yaml. An actor is a step's name and a function: it gets the payload, and
 * what it returns is the next step's payload, or the job's result after the last step.
 */

// word_count: one step

interface Text {
  text: string;
  top: number;
}

const countWords = actor('count-words', ({ text, top }: Text) => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const mostFrequent = [...counts]
    .map(([word, count]) => ({ word, count }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, Math.max(0, Math.min(top, 100)));
  return {
    words: words.length,
    sentences: text.split(/[.!?…]+/).filter((sentence) => /\S/.test(sentence)).length,
    characters: Array.from(text).length,
    most_frequent: mostFrequent,
  };
});

// make_poster: a route of three steps, each handing its poster to the next

interface Order {
  title: string;
  subtitle: string;
  border: 'double' | 'round' | 'stars';
  seconds_per_step: number;
}

interface LaidOut extends Order {
  /** The title, broken into lines that fit the page. */
  titleLines: string[];
}

interface Typeset extends Order {
  /** The page without its border. */
  page: string[];
}

/** Keeps the page within the 80 columns of a terminal, unless a word is longer. */
const lettersPerLine = 9;

const layOut = actor('lay-out', async (order: Order, context): Promise<LaidOut> => {
  await context.progress('Breaking the title into lines');
  await pretendToWork(order, context);
  return { ...order, titleLines: breakIntoLines(order.title) };
});

const setType = actor('set-type', async (order: LaidOut, context): Promise<Typeset> => {
  const { titleLines, ...rest } = order;
  await context.progress(`Drawing ${titleLines.length} lines of block letters`);
  await pretendToWork(order, context);
  const title = titleLines.flatMap((line) => [''].concat(drawLine(line)));
  return { ...rest, page: [...title, '', order.subtitle] };
});

const frame = actor('frame', async (order: Typeset, context) => {
  await context.progress(`Putting a ${order.border} border around it`);
  await pretendToWork(order, context);
  return surround(order.page, order.border).join('\n');
});

/** Real work would be here. It stops when the job's time is over or the actor shuts down. */
async function pretendToWork(order: Order, { signal }: ActorContext): Promise<void> {
  const seconds = Math.max(0, Math.min(order.seconds_per_step, 30));
  await pause(seconds * 1000, undefined, { signal });
}

function breakIntoLines(title: string): string[] {
  const words = title.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) throw new Error('a poster needs a title');
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const joined = `${last} ${word}`;
    if (last !== undefined && joined.length <= lettersPerLine) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
}

const borders = {
  double: { corners: '╔╗╚╝', across: '═', down: '║' },
  round: { corners: '╭╮╰╯', across: '─', down: '│' },
  stars: { corners: '****', across: '*', down: '*' },
};

function surround(page: string[], border: Order['border']): string[] {
  const { corners, across, down } = borders[border];
  const [topLeft, topRight, bottomLeft, bottomRight] = corners;
  const width = Math.max(...page.map((line) => line.length)) + 6;
  const centred = page.map((line) => {
    const left = Math.floor((width - line.length) / 2);
    return `${down}${' '.repeat(left)}${line}${' '.repeat(width - left - line.length)}${down}`;
  });
  const edge = across.repeat(width);
  return [`${topLeft}${edge}${topRight}`, ...centred, `${bottomLeft}${edge}${bottomRight}`];
}

// fail_on_purpose: what an actor throws is the error of its job

const breakDown = actor('break-down', ({ reason }: { reason: string }) => {
  throw new Error(reason);
});

export default [countWords, layOut, setType, frame, breakDown];
