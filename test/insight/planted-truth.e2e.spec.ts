import { describe, expect, it } from 'vitest';
import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { plantedBlocks, plantedTruth, type PlantedTruth } from './planted-truth.js';
import { genesisHashOf, rebuildRange, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
/** In one hour, because whole hours are rebuilt. Nodes that were heard for less than an hour are forgotten after a month. */
const startAt = Math.floor(Date.now() / (60 * MINUTE_MS) - 2) * 60 * MINUTE_MS;
const endAt = startAt + 30 * MINUTE_MS;
/** The aggregated part: all that it depends on is there. */
const FROM = startAt + 3 * MINUTE_MS;
const TO = endAt - 5 * MINUTE_MS;

/** Everything of `history` that can happen to a block in half an hour. */
const HISTORY: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('history'),
    nodes: 40,
    chains: [
      {
        name: 'Simnet',
        startHeight: 1_853_200,
        skippedSlots: 0.1,
        authors: 0.4,
        forks: { chance: 0.15, blocks: [1, 3] },
        finality: { votes: 0 },
      },
    ],
    // It sends the genesis hash: all nodes are on one chain.
    software: { polkadot: 1 },
    clocks: {
      usualMs: 20,
      skewed: { share: 0.3, ms: [50, 450] },
      steps: [{ afterMinutes: 12, share: 0.2, ms: 1_500 }],
    },
    outages: [],
  }),
  seed: 3,
  startAt,
};

/** Nodes that report every import, many forks, and clocks that are off by hours. */
const FORKS: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('forks'),
    nodes: 24,
    software: { polkadot: 1 },
    wrongClocks: { share: 0.3, seconds: [1, 20_000] },
  }),
  seed: 11,
  startAt,
};

interface StoredBlock {
  height: number;
  hash: string;
  at: number;
  expected: number;
  arrived: number;
  p50: number | null;
  p90: number | null;
  canonical: boolean | null;
  inferred: boolean | null;
}

/** What the aggregation makes of a history, and what really happened. */
async function aggregated(
  database: TestDatabase,
  options: NetworkOptions,
): Promise<{ stored: StoredBlock[]; truth: PlantedTruth }> {
  await storeHistory(database, options, endAt);
  await rebuildRange(database, FROM, TO);
  const stored = await database.query<StoredBlock>(
    `SELECT height::float8 AS height, '0x' || encode(hash, 'hex') AS hash, canonical, inferred, expected, arrived,
            extract(epoch FROM first_seen_at)::float8 * 1000 AS at, p50_ms AS p50, p90_ms AS p90
       FROM insight_blocks WHERE first_seen_at >= $1 AND first_seen_at < $2 ORDER BY height, insight_blocks.hash`,
    [new Date(FROM), new Date(TO)],
  );
  return { stored, truth: plantedTruth(options, endAt, genesisHashOf(options)) };
}

/** @param bounds by how many milliseconds times may be wrong */
function expectPropagation(
  { stored, truth }: { stored: readonly StoredBlock[]; truth: PlantedTruth },
  bounds: { at: number; p50: number; p90: number },
): void {
  const planted = plantedBlocks(truth).filter(({ firstSeenAt }) => firstSeenAt >= FROM && firstSeenAt < TO);
  expect(planted.length).toBeGreaterThan(200);
  expect(stored.map(({ hash }) => hash)).toEqual(planted.map(({ hash }) => hash));
  for (const [index, block] of stored.entries()) {
    const real = planted[index];
    expect(block).toMatchObject({ height: real?.height, expected: real?.expected, arrived: real?.arrived });
    expect(Math.abs(block.at - (real?.firstSeenAt ?? NaN)), block.hash).toBeLessThan(bounds.at);
    for (const share of ['p50', 'p90'] as const) {
      if (real?.[share] === null) expect(block[share], block.hash).toBeNull();
      else
        expect(Math.abs((block[share] ?? NaN) - (real?.[share] ?? NaN)), block.hash).toBeLessThan(
          bounds[share],
        );
    }
  }
}

describe('the aggregation of a history whose truth is known', { timeout: 120_000 }, () => {
  it('has each block with its propagation, also of nodes whose clocks are off by hours', async () => {
    await using database = await TestDatabase.create();
    expectPropagation(await aggregated(database, FORKS), { at: 2, p50: 3, p90: 3 });
  });

  it('has each block within five and ten milliseconds if clocks step, and the branches that won and lost', async () => {
    await using database = await TestDatabase.create();
    const { stored, truth } = await aggregated(database, HISTORY);
    expectPropagation({ stored, truth }, { at: 5, p50: 5, p90: 10 });

    // Where a node reported exactly that height as final.
    const exact = stored.filter(({ inferred }) => inferred === false);
    const lost = new Set(truth.forks.flatMap(({ loser_hashes: hashes }) => hashes));
    expect(exact.filter(({ hash }) => lost.has(hash)).length).toBeGreaterThan(10);
    expect(exact.map(({ hash, canonical }) => [hash, canonical])).toEqual(
      exact.map(({ hash }) => [hash, !lost.has(hash)]),
    );
  });
});
