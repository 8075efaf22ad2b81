import { Logger } from '@nestjs/common';
import { stopSignal } from '../platform/async/index.js';
import { ConfigModule } from '../platform/config/index.js';
import { isGenesisHash } from '../storage/index.js';
import type { CommandOptions } from './import-command.js';
import { importDatabase } from './import-database.js';
import { ImportError, type ImportOptions } from './import-options.js';
import { progressOn, reportText } from './import-output.js';
import { agrees } from './import-report.js';
import { redactUrl } from './source/inspect-source.js';

/** Runs the command `import`, with progress and a final report. Resolves with the exit code. */
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
  // Log lines of storage would disturb the progress display.
  Logger.overrideLogger(['fatal', 'error', 'warn']);
  const signal = stopSignal();
  console.log(
    `Importing ${redactUrl(from)} into ${redactUrl(to)}. Ctrl-C stops the import; run it again to continue.`,
  );
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

/**
 * Parses `--genesis`.
 *
 * @param texts `NAME=HASH`; a name may contain `=`
 * @returns hashes in lower case by the name of the chain, or an error message
 */
export function readGenesis(texts: readonly string[]): ReadonlyMap<string, string> | string {
  const hashes = new Map<string, string>();
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const [name, hash] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || !isGenesisHash(hash)) {
      return 'must be NAME=HASH: the name of a chain, and 0x with 64 hexadecimal digits.';
    }
    if (hashes.has(name)) return 'must not repeat the name of a chain.';
    hashes.set(name, hash.toLowerCase());
  }
  return hashes;
}
