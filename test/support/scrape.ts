/** What Prometheus reads at one scrape. */
export class Scrape {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The series' value; undefined: there is none with exactly these labels. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = Object.entries(labels);
    for (const line of this.text.split('\n')) {
      const [, found, text = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (found !== name) continue;
      const given = new Map(
        [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, content]) => [
          label,
          content,
        ]),
      );
      if (given.size !== wanted.length) continue;
      if (wanted.every(([label, content]) => given.get(label) === content)) return Number(value);
    }
    return undefined;
  }

  /** The names of all metrics, without what histograms append. */
  names(): Set<string> {
    return new Set([...this.text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
  }
}

export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return new Scrape(await response.text());
}
