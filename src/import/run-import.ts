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
 * Reads what `--genesis` says.
 *
 * @param texts `NAME=HASH`; a name may have `=` in it
 * @returns hashes in lower case by the name of the chain, or what is wrong
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
