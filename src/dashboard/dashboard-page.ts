import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { OperatorError } from '../platform/errors/index.js';

/** A page of an extension, linked from the dashboards. */
export interface DashboardPage {
  /** Its path is `/dashboard/NAME/`. Lower-case letters, digits and hyphens; not the name of a dashboard. */
  name: string;
  /** Its title in the navigation. */
  title: string;
  /** The absolute path of the folder with its `index.html`. */
  folder: string;
}

/** Names of the dashboards and of the folder of assets. */
export const TAKEN: readonly string[] = ['assets', 'benchmarks', 'logs', 'node', 'profiling', 'reputation'];

/** @throws InvalidDashboardPageError */
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

/** A page of an extension cannot be served. */
export class InvalidDashboardPageError extends OperatorError {
  override readonly name = 'InvalidDashboardPageError';

  constructor(page: string, why: string) {
    super(`The dashboard page ${JSON.stringify(page)} cannot be served: ${why}.`);
  }
}
