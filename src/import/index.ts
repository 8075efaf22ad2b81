import type { ImportOptions } from './import-options.js';
import type { ImportReport } from './import-report.js';

export { importCommand } from './import-command.js';
export { type ImportOptions, type ImportProgress, ImportError } from './import-options.js';
export {
  accounted,
  agrees,
  type ImportReport,
  SKIP_REASONS,
  type StoredReport,
  type TableReport,
} from './import-report.js';

/** Imports a database of 0.1.4. Loads `import-database.ts` when called. */
export async function importDatabase(options: ImportOptions): Promise<ImportReport> {
  const { importDatabase: run } = await import('./import-database.js');
  return await run(options);
}
