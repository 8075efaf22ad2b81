import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface RunningWorker<Output> {
  answer: Promise<Output>;
  /** Resolves when the worker has said so. */
  event(name: string): Promise<void>;
  /** Ends one that would go on for ever. */
  stop(): Promise<void>;
}

/** A part of a benchmark in a process of its own: gets one message, may tell of events, and answers with one. */
export function startWorker<Input, Output>(file: URL, input: Input): RunningWorker<Output> {
  const child = fork(file, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send(input as never);
  const events = new Set<string>();
  let onEvent: () => void = () => undefined;
  const answer = new Promise<Output>((resolve, reject) => {
    let found: Output | undefined;
    child.on('message', (message) => {
      if (typeof message === 'string') {
        events.add(message);
        onEvent();
      } else {
        found = message as Output;
      }
    });
    void once(child, 'exit').then(() => {
      if (found === undefined) reject(new Error(`${file.pathname} ended without an answer.`));
      else resolve(found);
    });
  });
  const event = async (name: string): Promise<void> => {
    while (!events.has(name)) await new Promise<void>((resolve) => (onEvent = resolve));
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await answer.catch(() => undefined);
  };
  return { answer, event, stop };
}

export function runWorker<Input, Output>(file: URL, input: Input): Promise<Output> {
  return startWorker<Input, Output>(file, input).answer;
}

/** The other side: what the process does with its one message. */
export function worker<Input, Output>(work: (input: Input) => Promise<Output>): void {
  process.once('message', (input) => {
    void work(input as Input).then((output) => {
      process.send?.(output, () => process.disconnect());
    });
  });
}
