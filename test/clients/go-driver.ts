import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runStep } from './run-step.js';
import type { ClientEnvironment } from './toolchain.js';

/** The environment of Go commands in a folder of a driver. */
export const GO_ENV = { GOFLAGS: '-mod=mod' };

/** Copies the Go files of a driver beside those that all drivers share. */
export async function copyGoDriver(name: string, { folder }: ClientEnvironment): Promise<void> {
  for (const source of ['go-shared', name]) {
    await cp(join(import.meta.dirname, source), folder, { recursive: true });
  }
  await writeFile(join(folder, 'go.mod'), 'module driver\n\ngo 1.24\n');
}

/** Compiles a driver with its client, and runs it. @returns its output */
export async function runGoDriver({ folder, variables }: ClientEnvironment): Promise<string> {
  const options = { cwd: folder, minutes: 5, env: GO_ENV };
  await runStep('go', ['mod', 'tidy'], options);
  await runStep('go', ['vet', './...'], options);
  await runStep('go', ['build', '-o', 'driver', '.'], options);
  return await runStep(join(folder, 'driver'), [], { cwd: folder, minutes: 1, env: variables });
}
