import { FaultyPostgres } from '../support/faulty-postgres.js';
import { readOptions } from '../support/read-options.js';
import type { Bars } from './full-size/bars.js';
import { verifyHistory } from './full-size/history.js';
import { verifyKills } from './full-size/kills.js';
import { verifySockets } from './full-size/sockets.js';

const PARTS = ['history', 'sockets', 'kills'] as const;
type Part = (typeof PARTS)[number];

function readParts(text: string | undefined): readonly Part[] {
  if (text === undefined) return PARTS;
  return text.split(',').map((given) => {
    const part = PARTS.find((known) => known === given.trim());
    if (part === undefined) throw new Error(`There is no part ${given}; there are: ${PARTS.join(', ')}.`);
    return part;
  });
}

const options = readOptions({ seed: 1, seeds: 3, nodes: 200, hours: 6, minutes: 10, kills: 20 }, ['part']);
const { seed, seeds, nodes, hours, minutes, kills } = options;
const parts = readParts(options.part);
await using postgres = await FaultyPostgres.start();
const postgresUrl = postgres.url;
const all: Bars[] = [];

async function verify(what: string, bars: Promise<Bars>): Promise<void> {
  const startedAt = performance.now();
  console.log(`${what} …`);
  const result = await bars;
  result.print();
  console.log(`${what}: ${((performance.now() - startedAt) / 60_000).toFixed(1)} min`);
  all.push(result);
}

if (parts.includes('history'))
  for (let one = seed; one < seed + seeds; one += 1)
    await verify(
      `history of ${hours} h, ${nodes} nodes, seed ${one}`,
      verifyHistory({ postgresUrl, seed: one, nodes, hours }),
    );
if (parts.includes('sockets'))
  await verify(
    `sockets for ${minutes} min, ${nodes / 2} nodes, seed ${seed}`,
    verifySockets({ postgresUrl, seed, nodes: nodes / 2, minutes }),
  );
if (parts.includes('kills'))
  await verify(
    `${kills} kills, ${nodes} nodes, seed ${seed}`,
    verifyKills({ postgresUrl, seed, nodes, hours: hours / 2, kills }),
  );
const areKept = all.every((bars) => bars.areKept);
console.log(areKept ? 'All bars were kept.' : 'BARS WERE MISSED.');
process.exitCode = areKept ? 0 : 1;
