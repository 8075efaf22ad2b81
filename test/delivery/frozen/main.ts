import { rm } from 'node:fs/promises';
import { readOptions } from '../../support/read-options.js';
import { tempDir } from '../../support/temp-dir.js';
import { playFrozenRounds } from './frozen-rounds.js';
import { withoutNamespaces } from './contained-server.js';

const { rounds, frozen, main } = readOptions({
  rounds: 20,
  /** Seconds of each round. */
  frozen: 60,
});

const reason = await withoutNamespaces();
if (reason !== undefined) {
  console.error(`There can be no namespaces as containers have them: ${reason}`);
  process.exit(1);
}
const dataDir = await tempDir('frozen');
try {
  const result = await playFrozenRounds({
    dataDir,
    rounds,
    frozenMs: frozen * 1000,
    main,
    log: console.log,
  });
  for (const problem of result.problems) console.log(`! ${problem}`);
  console.table({ ...result, problems: result.problems.length });
  process.exitCode = result.missing + result.twice + result.problems.length === 0 ? 0 : 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
