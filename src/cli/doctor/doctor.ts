import { Logger } from '@nestjs/common';
import { print, printJson } from '../output.js';
import { type CheckedFinding, type Level, runChecks } from './check.js';
import { checkSettings, machineChecks } from './machine-checks.js';
import { runDatabaseChecks } from './run-database-checks.js';

/** What is left open by then hangs on a disk that does not answer: milliseconds. */
const EXIT_TIMEOUT_MS = 5_000;

interface DoctorOptions {
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
    all.push(...(await runChecks(machineChecks, { settings })));
    all.push(...(await runDatabaseChecks(settings, replicas)));
  }
  printReport(all, json);
  exitSoon();
  return all.some(({ level }) => level === 'problem') ? 1 : 0;
}

/** Node.js waits at its end for calls of the file system, also in process.exit(). */
function exitSoon(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), EXIT_TIMEOUT_MS).unref();
}

const LEVEL_WIDTH = 'warning'.length;
const CHECK_WIDTH = 'data directory'.length;
const INDENT = ' '.repeat(LEVEL_WIDTH + 2 + CHECK_WIDTH + 2);

/** Prints what was found: a line for each, another for what to do, and at last how many there are of each kind. */
function printReport(findings: readonly CheckedFinding[], json: boolean): void {
  const count = (wanted: Level): number => findings.filter(({ level }) => level === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (json) {
    printJson({ problems, warnings, findings });
    return;
  }
  for (const { level, check, message, advice } of findings) {
    print(`${level.padEnd(LEVEL_WIDTH)}  ${check.padEnd(CHECK_WIDTH)}  ${message}`);
    if (advice !== undefined) print(`${INDENT}→ ${advice}`);
  }
  print(`${number(problems, 'problem')}, ${number(warnings, 'warning')}, ${count('ok')} ok.`);
}

function number(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
