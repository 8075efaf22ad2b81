import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { Settings } from '../../platform/config/index.js';
import { DeadlineExceededError, withDeadline } from '../../platform/async/index.js';
import { messageOf } from '../output.js';

export type Level = 'ok' | 'warning' | 'problem';

/** A result of a check. */
export interface Finding {
  level: Level;
  /** A sentence. */
  message: string;
  /** The remedy. */
  advice?: string;
}

export function ok(message: string): Finding {
  return { level: 'ok', message };
}

/** Something that may be intended, or may become a problem. */
export function warning(message: string, advice: string): Finding {
  return { level: 'warning', message, advice };
}

/** Something that breaks a server or can lose data. */
export function problem(message: string, advice: string): Finding {
  return { level: 'problem', message, advice };
}

/**
 * A read-only check with one or several findings, also for what is in order. Add a new check to the list at the end of
 * `machine-checks.ts`, `database-checks.ts` or `schema-checks.ts`.
 */
export interface Check<Subject> {
  /** One or two words, unique among checks. */
  name: string;
  run: (subject: Subject) => Finding | Finding[] | Promise<Finding | Finding[]>;
}

/** This machine with the settings of the server. */
export interface Machine {
  settings: Settings;
  /** The version of Node.js, such as `22.13.0`. */
  node: string;
  /** The limit of open files of a process; undefined where it is not known. */
  openFiles: number | undefined;
  /** The content of `/proc/self/mountinfo`; empty where there is none. */
  mountinfo: string;
  /** Free space of the disk of a directory: bytes. */
  freeBytes: (directory: string) => Promise<number>;
  /** Milliseconds since the epoch. */
  now: number;
}

/** A connected database. */
export interface Database {
  settings: Settings;
  url: string;
  /** The directory of its files, if it is the embedded PostgreSQL. */
  cluster: string | undefined;
  /** A session with a query timeout. */
  client: ClientBase;
  dataSource: DataSource;
  /** Planned number of servers; undefined: the number running now. */
  replicas: number | undefined;
}

/** A finding with the name of its check. */
export interface CheckedFinding extends Finding {
  check: string;
}

/** Timeout of a check in milliseconds: enough for a program that does not respond, and for a full journal. */
export const CHECK_TIMEOUT_MS = 8_000;

/** The findings of a list of checks, and the checks that were skipped after a timeout. */
interface CheckRun<Subject> {
  findings: CheckedFinding[];
  /** Undefined if all checks completed. */
  timedOut: { left: readonly Check<Subject>[] } | undefined;
}

/**
 * Runs checks one after another. A check that fails or times out is a finding, and the next check runs.
 *
 * @param limitMs timeout of each check: milliseconds
 */
export async function runChecks<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
  limitMs = CHECK_TIMEOUT_MS,
): Promise<CheckedFinding[]> {
  const { findings, timedOut } = await runChecksUntilTimeout(checks, subject, limitMs);
  if (timedOut === undefined) return findings;
  return [...findings, ...(await runChecks(timedOut.left, subject, limitMs))];
}

/** The same, but skips the remaining checks after a timeout, because all of them query the same database. */
export async function runChecksUntilTimeout<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
  limitMs = CHECK_TIMEOUT_MS,
): Promise<CheckRun<Subject>> {
  const findings: CheckedFinding[] = [];
  for (const [index, { name, run }] of checks.entries()) {
    const late = new DeadlineExceededError(limitMs);
    try {
      const found = await withDeadline(limitMs, () => run(subject), undefined, late);
      findings.push(...[found].flat().map((finding) => ({ check: name, ...finding })));
    } catch (error) {
      findings.push({ check: name, ...failed(error, late) });
      if (error === late) return { findings, timedOut: { left: checks.slice(index + 1) } };
    }
  }
  return { findings, timedOut: undefined };
}

/** @param late the error of the check's own timeout */
function failed(error: unknown, late: DeadlineExceededError): Finding {
  if (error === late) {
    return problem(
      `Check failed: ${late.message}.`,
      'Find out what blocks the machine, its disks or the database, and run doctor again.',
    );
  }
  return warning(`Check failed: ${messageOf(error)}`, 'Run doctor as the user of the server.');
}
