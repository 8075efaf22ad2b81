import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WRITE_TOKEN } from '../support/access.js';
import { runStep, StepFailedError } from './run-step.js';
import type { ClientEnvironment } from './toolchain.js';
import type { ClientsWorld } from './world.js';

interface SchemathesisOptions extends Pick<ClientEnvironment, 'folder' | 'document' | 'python'> {
  /** Requests in all, about. */
  cases: number;
  seed: number;
}

/**
 * Sends generated requests, valid and invalid ones, to every operation, and compares responses with the document.
 *
 * @returns the findings
 */
export async function runSchemathesis(
  world: ClientsWorld,
  { folder, document, cases, seed, python }: SchemathesisOptions,
  print: (line: string) => void,
): Promise<string[]> {
  const operations = await countOperations(world);
  const config = join(folder, 'schemathesis.toml');
  await writeFile(config, CONFIG);
  const args = [
    '--config-file',
    config,
    'run',
    document,
    '--url',
    world.url,
    '--header',
    `Authorization: Bearer ${WRITE_TOKEN}`,
    '--checks',
    'all',
    '--max-examples',
    Math.max(1, Math.round(cases / operations)).toString(),
    '--seed',
    seed.toString(),
    '--continue-on-failure',
    '--suppress-health-check',
    'all',
    '--no-color',
  ];
  const program = await python.program('schemathesis');
  try {
    const output = await runStep(program, args, { cwd: folder, minutes: 40 });
    for (const line of summaryOf(output)) print(`  ${line}`);
    return [];
  } catch (error) {
    if (!(error instanceof StepFailedError)) throw error;
    return [error.message];
  }
}

/** The operations of the document, among which the cases are divided. */
async function countOperations(world: ClientsWorld): Promise<number> {
  const { paths } = await world.json<{ paths: Record<string, object> }>('/openapi.json');
  return Object.values(paths).reduce((sum, item) => sum + Object.keys(item).length, 0);
}

/** Operations that reject values which the document cannot exclude, with why. */
const MAY_REJECT: Record<string, string> = {
  'GET /nodes/logs': 'limit above JSON_MAX_ROWS, which only JSON has',
  'GET /chains/{chain}/blocks': 'cursors that no block has',
  'GET /nodes/{peer_id}/availability': 'start_time after end_time',
  'GET /reputation/{peer_id}': 'max_age_s with start_time or end_time',
  'GET /benchmarks/compare': 'ids of no benchmark',
  'GET /benchmarks/{id}/profile': 'names of no event',
  'POST /benchmarks': 'ids of no host system; ts_end before ts_start; NUL in JSON',
  'PATCH /benchmarks/{id}': 'the same',
  'POST /benchmarks/events': 'ids of no benchmark; times beyond the year 9999 in UTC',
  'POST /host_systems': 'NUL in JSON',
  'POST /host_systems/from_node': 'NUL in JSON',
  'PATCH /host_systems/{id}': 'NUL in JSON',
  // It follows the host_system_id null of a benchmark.
  'GET /host_systems/{id}': 'ids that are none',
};

/** They reject a range that ends before it begins, one that is too long, and more points than an answer has. */
const OF_RANGES = [
  'arrivals',
  'availability',
  'churn',
  'clocks',
  'connectivity',
  'differences',
  'events',
  'finality',
  'forks',
  'hardware',
  'production',
  'propagation',
  'stuck',
  'versions',
];
for (const what of OF_RANGES)
  MAY_REJECT[`GET /chains/{chain}/${what}`] = 'start_time, end_time and resolution that do not go together';

const EXPECTED = ['2xx', '3xx', '400', '401', '403', '404', '409'];

/** Everything else is checked in these operations too. */
const CONFIG = Object.entries(MAY_REJECT)
  .map(
    ([operation, why]) => `
# ${why}
[[operations]]
include-name = ${JSON.stringify(operation)}
checks.positive_data_acceptance.expected-statuses = ${JSON.stringify(EXPECTED)}
`,
  )
  .join('');

function summaryOf(output: string): string[] {
  const lines = output.trimEnd().split('\n');
  return lines
    .slice(lines.findLastIndex((line) => line.includes('SUMMARY')) + 1)
    .filter((line) => line.trim() !== '');
}
