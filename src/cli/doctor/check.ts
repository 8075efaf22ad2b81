import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { Settings } from '../../platform/config/index.js';
import { inTime } from '../../platform/lifecycle/index.js';
import { messageOf } from '../output.js';

export type Level = 'ok' | 'warning' | 'problem';

/** What a check has found. */
export interface Finding {
  level: Level;
  /** A sentence. */
  message: string;
  /** What to do about it. */
  advice?: string;
}

export function ok(message: string): Finding {
  return { level: 'ok', message };
}

/** Something that may be meant so, or may become a problem. */
export function warning(message: string, advice: string): Finding {
  return { level: 'warning', message, advice };
}

/** Something with which a server does not work, or loses what it need not. */
export function problem(message: string, advice: string): Finding {
  return { level: 'problem', message, advice };
}

/**
 * Looks at one thing, and changes nothing. It may find several; what is all right it says as well. A new one goes into
 * a list of `checks.ts`.
 */
export interface Check<Subject> {
  /** One or two words, unlike those of all others. */
  name: string;
  run: (subject: Subject) => Finding | Finding[] | Promise<Finding | Finding[]>;
}

/** This machine, as the settings see it. */
export interface Machine {
  settings: Settings;
}

/** A database that answers. */
export interface Database {
  settings: Settings;
  url: string;
  /** Where its files are, if it is the server's own. */
  cluster: string | undefined;
  /** A session with a limit on its questions. */
  client: ClientBase;
  dataSource: DataSource;
  /** How many servers there are to be; undefined: as many as run. */
  replicas: number | undefined;
}

/** A finding, and whose it is. */
export interface CheckedFinding extends Finding {
  check: string;
}

/** For one check: milliseconds. Long enough for a program that does not answer, and for a full journal. */
export const CHECK_TIMEOUT_MS = 8_000;

/** What came of a list of checks, and those of them that were not made any more. */
interface CheckRun<Subject> {
  findings: CheckedFinding[];
  /** Undefined: all were made in time. */
  timedOut: { left: readonly Check<Subject>[] } | undefined;
}

/**
 * Makes the checks of a list one after another. One that fails, or takes too long, says so, and the others go on.
 *
 * @param limitMs for each: milliseconds
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

/** The same, but none is made any more after one that took too long: all ask the same one, which does not answer. */
export async function runChecksUntilTimeout<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
  limitMs = CHECK_TIMEOUT_MS,
): Promise<CheckRun<Subject>> {
  const findings: CheckedFinding[] = [];
  for (const [index, { name, run }] of checks.entries()) {
    try {
      const found = await withTimeout(limitMs, () => run(subject));
      findings.push(...[found].flat().map((finding) => ({ check: name, ...finding })));
    } catch (error) {
      findings.push({ check: name, ...failed(error) });
      if (error instanceof CheckTimeoutError)
        return { findings, timedOut: { left: checks.slice(index + 1) } };
    }
  }
  return { findings, timedOut: undefined };
}

function failed(error: unknown): Finding {
  if (error instanceof CheckTimeoutError) {
    return problem(
      `Check failed: ${error.message}.`,
      'Find out what blocks the machine, its disks or the database, and run doctor again.',
    );
  }
  return warning(`Check failed: ${messageOf(error)}`, 'Run doctor as the user of the server.');
}

/** Something did not come in time. */
class CheckTimeoutError extends Error {
  override readonly name = 'CheckTimeoutError';

  /** @param limitMs how long it was waited for: milliseconds */
  constructor(limitMs: number) {
    super(`timeout after ${limitMs / 1000} s`);
  }
}

/**
 * Waits for a result, but not for longer. What is timedOut goes on, and nobody hears of it any more.
 *
 * @param limitMs milliseconds
 * @throws CheckTimeoutError
 * @throws what the work throws in time
 */
export async function withTimeout<T>(limitMs: number, work: () => T | Promise<T>): Promise<T> {
  const running = Promise.resolve().then(work);
  if (await inTime(running, limitMs)) return await running;
  throw new CheckTimeoutError(limitMs);
}
