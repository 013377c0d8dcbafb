/** What the tests need to know of one stage of a Dockerfile. */
export interface Stage {
  readonly name: string;
  readonly user: string | null;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** Of COPY from the build context. */
  readonly copied: readonly { readonly sources: readonly string[]; readonly to: string }[];
}

/** Reads a Dockerfile of ours: exec forms, one instruction a line. Stages do not inherit here. */
export function readDockerfile(text: string): Stage[] {
  const [, ...stages] = text.split(/^FROM /m);
  return stages.map((stage) => {
    const lines = stage.split('\n');
    const values = (instruction: string): string[] =>
      lines
        .filter((line) => line.startsWith(`${instruction} `))
        .map((line) => line.slice(instruction.length + 1));
    const list = (instruction: string): string[] =>
      JSON.parse(values(instruction).at(-1) ?? '[]') as string[];
    const copies = values('COPY').filter((copy) => !copy.startsWith('--from='));
    return {
      name: /^\S+ AS (\S+)/.exec(lines[0] ?? '')?.[1] ?? '',
      user: values('USER').at(-1) ?? null,
      directory: values('WORKDIR').at(-1) ?? '/',
      env: Object.fromEntries(
        values('ENV').flatMap((env) => env.split(' ').map((entry) => entry.split('=', 2))),
      ) as Record<string, string>,
      entrypoint: list('ENTRYPOINT'),
      command: list('CMD'),
      copied: copies.map((copy) => {
        const paths = copy.split(' ');
        return { sources: paths.slice(0, -1), to: paths.at(-1) ?? '' };
      }),
    };
  });
}
