import { describe, expect, it } from 'vitest';
import { Aggregation, MINUTE_US } from '../../src/insight/aggregate/index.js';
import { removeOthers, writeResults } from '../../src/insight/tables/write-results.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';

const START = 29_000_000 * MINUTE_US;
const HEIGHT = 105;
const hashAt = (height: number): string => `0x${height.toString(16).padStart(64, '0')}`;
const LATE = `0x${'ff'.repeat(32)}`;

/** Ten nodes import a block every six seconds, and report it as final twelve seconds later. */
function chainOf(aggregation: Aggregation): (node: number, receivedAt: number, report: object) => void {
  const add = (node: number, receivedAt: number, report: object): void =>
    aggregation.add({
      source: { chain: 1, node, address: `198.51.100.${node.toString()}`, collector: 1, rttUs: 0 },
      receivedAt,
      createdAt: receivedAt,
      report: report as Parameters<Aggregation['add']>[0]['report'],
    });
  for (let height = 100; height < 130; height += 1) {
    for (let node = 1; node <= 10; node += 1) {
      const at = START + (height - 100) * 6e6 + node * 1e5;
      add(node, at, { kind: 'import', height, hash: hashAt(height), origin: 'NetworkBroadcast' });
      add(node, at + 12e6, { kind: 'finalized', height, hash: hashAt(height) });
    }
  }
  return add;
}

describe('a height that was final', () => {
  it('keeps its block, whatever nodes report of it later', async () => {
    await using database = await TestDatabase.create();
    const aggregation = new Aggregation();
    const add = chainOf(aggregation);
    const passTo = async (from: number, to: number): Promise<void> => {
      await onDatabase(database.url, async (client) => {
        const results = aggregation.results(from, to);
        await writeResults(client, results, from);
        await removeOthers(client, from, to, results);
      });
      aggregation.close(to);
    };
    const blocks = async (): Promise<unknown[]> =>
      await database.query(
        `SELECT '0x' || encode(hash, 'hex') AS hash, canonical, finalized_at IS NOT NULL AS final
           FROM insight_blocks WHERE height = $1 ORDER BY insight_blocks.hash`,
        [HEIGHT],
      );

    await passTo(START, START + 2 * MINUTE_US);
    expect(await blocks()).toEqual([{ hash: hashAt(HEIGHT), canonical: true, final: true }]);
    for (const node of [20, 21]) {
      const at = START + 2.5 * MINUTE_US + node;
      add(node, at, { kind: 'import', height: HEIGHT, hash: LATE, origin: 'NetworkBroadcast' });
      add(node, at + 1e6, { kind: 'finalized', height: HEIGHT, hash: LATE });
    }
    await passTo(START + 2 * MINUTE_US, START + 4 * MINUTE_US);
    expect(await blocks()).toEqual([
      { hash: hashAt(HEIGHT), canonical: true, final: true },
      { hash: LATE, canonical: false, final: false },
    ]);
  });
});
