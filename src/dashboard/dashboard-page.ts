import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { OperatorError } from '../platform/errors/index.js';

/** A page of a team's own beside the dashboards, which link to it. */
export interface DashboardPage {
  /** Its path: `/dashboard/NAME/`. Small letters, digits and hyphens; not that of a dashboard that is there. */
  name: string;
  /** What it is called in the navigation. */
  title: string;
  /** The folder with its `index.html`, by an absolute path. */
  folder: string;
}

/** The dashboards that there are, and what lies beside them. */
export const TAKEN: readonly string[] = ['assets', 'benchmarks', 'logs', 'node', 'profiling', 'reputation'];

/** @throws InvalidDashboardPageError where one cannot be shown */
export function checkPages(pages: readonly DashboardPage[]): void {
  const taken = new Set(TAKEN);
  for (const { name, folder } of pages) {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) {
      throw new InvalidDashboardPageError(
        name,
        'its name must consist of lower-case letters, digits and hyphens',
      );
    }
    if (taken.has(name)) throw new InvalidDashboardPageError(name, 'another page has this name');
    if (!isAbsolute(folder) || !existsSync(join(folder, 'index.html'))) {
      throw new InvalidDashboardPageError(
        name,
        `${folder} must be an absolute path of a folder with an index.html`,
      );
    }
    taken.add(name);
  }
}

/** A page that was given to the server cannot be shown. */
export class InvalidDashboardPageError extends OperatorError {
  override readonly name = 'InvalidDashboardPageError';

  constructor(page: string, why: string) {
    super(`The dashboard page ${JSON.stringify(page)} cannot be shown: ${why}.`);
  }
}
