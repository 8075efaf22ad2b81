import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { Settings } from '../../platform/config/index.js';
import { reasonOf } from '../output.js';
import { type Finding, problem, warning } from './finding.js';
import { LateError, within } from './within.js';

/**
 * Looks at one thing, and changes nothing. It may find several; what is all right it says as well. A new one goes into
 * a list of `checks.ts`.
 */
export interface Check<Subject> {
  /** One or two words, unlike those of all others. */
  name: string;
  look: (subject: Subject) => Finding | Finding[] | Promise<Finding | Finding[]>;
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
export const LOOK_LIMIT_MS = 8_000;

/** What came of a list of checks, and those of them that were not made any more. */
export interface Examination<Subject> {
  findings: CheckedFinding[];
  /** Undefined: all were made in time. */
  late: { left: readonly Check<Subject>[] } | undefined;
}

/**
 * Makes the checks of a list one after another. One that fails, or takes too long, says so, and the others go on.
 *
 * @param limitMs for each: milliseconds
 */
export async function examine<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
  limitMs = LOOK_LIMIT_MS,
): Promise<CheckedFinding[]> {
  const { findings, late } = await examineUntilLate(checks, subject, limitMs);
  if (late === undefined) return findings;
  return [...findings, ...(await examine(late.left, subject, limitMs))];
}

/** The same, but none is made any more after one that took too long: all ask the same one, which does not answer. */
export async function examineUntilLate<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
  limitMs = LOOK_LIMIT_MS,
): Promise<Examination<Subject>> {
  const findings: CheckedFinding[] = [];
  for (const [index, { name, look }] of checks.entries()) {
    try {
      const found = await within(limitMs, () => look(subject));
      findings.push(...[found].flat().map((finding) => ({ check: name, ...finding })));
    } catch (error) {
      findings.push({ check: name, ...failed(error) });
      if (error instanceof LateError) return { findings, late: { left: checks.slice(index + 1) } };
    }
  }
  return { findings, late: undefined };
}

function failed(error: unknown): Finding {
  if (error instanceof LateError) {
    return problem(
      `Check failed: ${error.message}.`,
      'Find out what blocks the machine, its disks or the database, and run doctor again.',
    );
  }
  return warning(`Check failed: ${reasonOf(error)}`, 'Run doctor as the user of the server.');
}
