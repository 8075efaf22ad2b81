import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServerProcess } from './server-process.js';

const PRELOAD = pathToFileURL(resolve(import.meta.dirname, 'clock-preload.mjs')).href;

/** The clock of a server process that is off by as much as a test wants, while that of its database is right. */
export class WrongClock {
  /** @param file where the process reads how far it is off */
  constructor(
    private readonly file: string,
    aheadMs: number,
  ) {
    writeFileSync(file, aheadMs.toString());
  }

  /** For the environment of the process. */
  get environment(): Record<string, string> {
    return { NODE_OPTIONS: `--import ${PRELOAD}`, CLOCK_FILE: this.file };
  }

  /** Sets the clock of a process that runs. */
  set(server: ServerProcess, aheadMs: number): void {
    writeFileSync(this.file, aheadMs.toString());
    server.child.kill('SIGUSR2');
  }
}
