import { Logger } from '@nestjs/common';
import { ConfigModule } from '../platform/config/index.js';
import { stopSignal } from '../platform/async/index.js';
import type { CommandOptions } from './import-command.js';
import { importDatabase } from './import-database.js';
import type { ImportOptions } from './import-options.js';
import { agrees } from './import-report.js';
import { ImportError } from './import.error.js';
import { placeOf } from './place.js';
import { progressOn } from './progress/progress-on.js';
import { reportText } from './progress/report-text.js';

/** The command `import`: says how far it is, and at the end what came over. Resolves with the exit code. */
export async function runImport({
  from,
  chunk,
  connections,
  anotherSource = false,
  genesis,
}: Omit<CommandOptions, 'genesis'> & Required<Pick<ImportOptions, 'genesis'>>): Promise<number> {
  const settings = await ConfigModule.readEnvironment();
  const { DATABASE_URL: to } = settings;
  if (to === undefined) throw new ImportError('Set DATABASE_URL to the target database.');
  // What storage says of its work would go between the lines of the progress.
  Logger.overrideLogger(['fatal', 'error', 'warn']);
  const signal = stopSignal();
  console.log(`Importing ${placeOf(from)} into ${placeOf(to)}. Ctrl-C stops the import; run it again to continue.`);
  const progress = progressOn(process.stdout);
  try {
    const report = await importDatabase({
      from,
      to,
      settings,
      anotherSource,
      genesis,
      chunk,
      connections,
      signal,
      progress,
    });
    progress.end();
    console.log(reportText(report));
    return agrees(report) ? 0 : 1;
  } finally {
    progress.end();
  }
}
