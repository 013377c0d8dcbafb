import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * A module of this folder that works in a process of its own, so that what is measured has all the
 * time of its own.
 */
export class Worker<Task extends object, Result extends object> {
  readonly #module: string;

  constructor(module: string) {
    this.#module = module;
  }

  /** Starts the process, gives it a task, and resolves with its answer. */
  async run(task: Task): Promise<Result> {
    const child = fork(fileURLToPath(new URL(this.#module, import.meta.url)));
    child.send(task);
    const exited = once(child, 'exit');
    const answered = once(child, 'message') as Promise<[Result]>;
    const answer = await Promise.race([answered, exited.then(() => null)]);
    if (answer === null) throw new Error(`${this.#module} ended without an answer`);
    await exited;
    return answer[0];
  }
}

/** The other side: takes the task from the parent, and answers it. */
export async function answerParent(work: (task: never) => Promise<object>): Promise<void> {
  const [task] = (await once(process, 'message')) as [never];
  const result = await work(task);
  await new Promise((resolve) => process.send?.(result, undefined, {}, resolve));
  process.disconnect();
}
