import { Logger } from '@nestjs/common';
import { print, printJson } from '../output.js';
import { type CheckedFinding, type Level, runChecks } from './check.js';
import { checkSettings, machineChecks, thisMachine } from './machine-checks.js';
import { runDatabaseChecks } from './run-database-checks.js';

/** File system calls that have not returned by then are blocked: milliseconds. */
const EXIT_TIMEOUT_MS = 5_000;

interface DoctorOptions {
  /** Print JSON. */
  json: boolean;
  /** Planned number of servers on the database; undefined: the number running now. */
  replicas: number | undefined;
}

/**
 * Runs all possible checks, prints their findings, and makes sure that the process exits soon.
 *
 * @returns the exit code: 1 if there is a problem
 */
export async function runDoctor({ json, replicas }: DoctorOptions): Promise<number> {
  Logger.overrideLogger(false);
  const { settings, findings } = await checkSettings();
  const all = findings.map((finding) => ({ check: 'settings', ...finding }));
  if (settings !== undefined) {
    all.push(...(await runChecks(machineChecks, thisMachine(settings))));
    all.push(...(await runDatabaseChecks(settings, replicas)));
  }
  printReport(all, json);
  exitSoon();
  return all.some(({ level }) => level === 'problem') ? 1 : 0;
}

/** Node.js waits for file system calls when it exits, even in process.exit(). */
function exitSoon(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), EXIT_TIMEOUT_MS).unref();
}

const LEVEL_WIDTH = 'warning'.length;
const CHECK_WIDTH = 'data directory'.length;
const INDENT = ' '.repeat(LEVEL_WIDTH + 2 + CHECK_WIDTH + 2);

/** Prints a line for each finding and one for its remedy, and finally the number of findings by level. */
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
