import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { Settings } from '../../config/index.js';
import { reasonOf } from '../output.js';
import { type Finding, warning } from './finding.js';

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

/** Makes the checks of a list one after another. One that fails says so, and the others go on. */
export async function examine<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
): Promise<CheckedFinding[]> {
  const findings: CheckedFinding[] = [];
  for (const { name, look } of checks) {
    const found = await lookAt(look, subject);
    findings.push(...[found].flat().map((finding) => ({ check: name, ...finding })));
  }
  return findings;
}

async function lookAt<Subject>(look: Check<Subject>['look'], subject: Subject): Promise<Finding | Finding[]> {
  try {
    return await look(subject);
  } catch (error) {
    return warning(`Could not be looked at: ${reasonOf(error)}`, 'Run doctor as the user of the server.');
  }
}
