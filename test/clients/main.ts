import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { READ_TOKEN, WRITE_TOKEN } from '../support/access.js';
import { readOptions } from '../support/read-options.js';
import { tempDir } from '../support/temp-dir.js';
import { differences } from './calls.js';
import { OPENAPI_GENERATOR } from './openapi-generator.js';
import { OTHER_GENERATORS } from './other-generators.js';
import { InstalledPythonTools } from './python-tools.js';
import { has } from './run-step.js';
import { runSchemathesis } from './schemathesis.js';
import { HOW_TO_GET, type Program, type Toolchain } from './toolchain.js';
import { ClientsWorld, PEER } from './world.js';

const SCHEMATHESIS = 'schemathesis';

interface Part {
  name: string;
  needs: readonly Program[];
  /** What is wrong. */
  check: (folder: string) => Promise<string[]>;
}

/** A program that is missing, with how to get it. */
async function missingOf(needs: readonly Program[]): Promise<string | undefined> {
  for (const program of needs) {
    if (!(await has(program))) return `${program} is missing: ${HOW_TO_GET[program]}`;
  }
  return undefined;
}

const { cases, seed, only } = readOptions({ cases: 10_000, seed: 1 }, ['only']);
const print = (line: string): void => console.log(line);
print(`npm run test:clients -- --cases ${cases.toString()} --seed ${seed.toString()}`);

const folder = await tempDir('clients');
try {
  await using world = await ClientsWorld.start();
  const document = join(folder, 'openapi.json');
  await writeFile(document, await (await world.fetch('/openapi.json')).text());
  const python = new InstalledPythonTools(folder);
  const variables = { API_URL: world.url, API_TOKEN: WRITE_TOKEN, READ_TOKEN, PEER_ID: PEER };

  const client = (toolchain: Toolchain): Part => ({
    name: toolchain.name,
    needs: toolchain.needs,
    check: async (own) =>
      differences(world, await toolchain.run({ folder: own, document, variables, python })),
  });
  const parts: Part[] = [
    ...[...OPENAPI_GENERATOR, ...OTHER_GENERATORS].map(client),
    {
      name: SCHEMATHESIS,
      needs: ['python3'],
      check: async (own) => runSchemathesis(world, { folder: own, document, cases, seed, python }, print),
    },
  ];
  const selected = only === undefined ? undefined : only.split(',').map((name) => name.trim());
  const chosen = parts.filter(({ name }) => selected?.some((part) => name.includes(part)) ?? true);
  if (chosen.length === 0) {
    throw new Error(`--only selects nothing; there are: ${parts.map(({ name }) => name).join(', ')}.`);
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [index, { name, needs, check }] of chosen.entries()) {
    const missing = await missingOf(needs);
    if (missing !== undefined) {
      counts.skipped += 1;
      print(`${name}: skipped, ${missing}`);
      continue;
    }
    const own = join(folder, `part-${index.toString()}`);
    await mkdir(own);
    const start = performance.now();
    const problems = await check(own).catch((error: unknown) => [String(error)]);
    counts[problems.length === 0 ? 'passed' : 'failed'] += 1;
    const seconds = Math.round((performance.now() - start) / 1000);
    print(`${name}: ${problems.length === 0 ? 'passed' : 'FAILED'} in ${seconds.toString()} s`);
    for (const problem of problems) print(`! ${problem}`);
  }
  const { passed, failed, skipped } = counts;
  print(
    `${passed.toString()} of ${chosen.length.toString()} passed, ${failed.toString()} failed, ${skipped.toString()} skipped`,
  );
  if (failed > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
