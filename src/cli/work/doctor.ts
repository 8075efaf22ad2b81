import { Logger } from '@nestjs/common';
import { examine } from '../doctor/check.js';
import { machineChecks } from '../doctor/checks.js';
import { checkSettings } from '../doctor/checks/settings.js';
import { examineDatabase } from '../doctor/examine-database.js';
import { report } from '../doctor/report.js';

/** What is left open by then hangs on a disk that does not answer: milliseconds. */
const END_LIMIT_MS = 5_000;

export interface DoctorOptions {
  /** Whether to print JSON. */
  json: boolean;
  /** How many servers there are to be on the database; undefined: as many as run. */
  replicas: number | undefined;
}

/**
 * Makes all checks that can be made, and prints what they found. The process is ended soon after, whatever it waits for.
 *
 * @returns the exit code: 1 where there is a problem
 */
export async function runDoctor({ json, replicas }: DoctorOptions): Promise<number> {
  Logger.overrideLogger(false);
  const { settings, findings } = await checkSettings();
  const all = findings.map((finding) => ({ check: 'settings', ...finding }));
  if (settings !== undefined) {
    all.push(...(await examine(machineChecks, { settings })));
    all.push(...(await examineDatabase(settings, replicas)));
  }
  report(all, json);
  endAnyway();
  return all.some(({ level }) => level === 'problem') ? 1 : 0;
}

/** Node.js waits at its end for calls of the file system, also in process.exit(). */
function endAnyway(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), END_LIMIT_MS).unref();
}
