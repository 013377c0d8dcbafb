const names = ['SIGTERM', 'SIGINT'] as const;

/** Resolves with the next signal that asks this process to stop. The one after it ends the process. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const name of names) process.off(name, stop);
      resolve(signal);
    };
    for (const name of names) process.on(name, stop);
  });
}
