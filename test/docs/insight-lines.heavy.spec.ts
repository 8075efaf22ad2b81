import { describe, expect, it } from 'vitest';
import { loadScenario, type NetworkOptions } from '../../src/simulator/index.js';
import { rebuildRange, rebuildSessionsOf, storeHistory } from '../insight/simulated-history.js';
import { TestDatabase } from '../support/databases.js';
import { readProjectFile } from '../support/markdown.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { MISSING, missingTools, runCommands } from './documented-commands.js';
import { shellLinesOf } from './shell-lines.js';

const HOUR_MS = 3_600_000;

/** Lists of an answer that may have nothing. */
const MAY_BE_EMPTY = ['unknown_peer_ids'];

/** The history of the page with fewer nodes, up to now. */
async function fillHistory(database: TestDatabase): Promise<void> {
  const endAt = Date.now();
  const startAt = endAt - 6 * HOUR_MS;
  const options: NetworkOptions = { scenario: loadScenario('history'), nodes: 60, seed: 1, startAt };
  await storeHistory(database, options, endAt);
  const lastHour = Math.floor(endAt / HOUR_MS) * HOUR_MS;
  await rebuildRange(database, startAt, lastHour);
  await rebuildSessionsOf(database, startAt, lastHour);
}

/** The names of fields by their path: `points[].time`. Of a list, those of all its elements. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => fieldsOf(each, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => [
    `${path}.${name}`,
    ...fieldsOf(field, `${path}.${name}`),
  ]);
}

function emptyListsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.length === 0 ? ['the answer'] : [];
  return Object.entries(value as Record<string, unknown>)
    .filter(([name, field]) => Array.isArray(field) && field.length === 0 && !MAY_BE_EMPTY.includes(name))
    .map(([name]) => name);
}

describe('docs/insight.md', () => {
  it.skipIf(missingTools.length > 0)(
    `commands answer about the simulated history, with the fields that the page shows${MISSING}`,
    { timeout: 400_000 },
    async () => {
      const sections = readProjectFile('docs/insight.md').split(/^(?=## )/m);
      await using database = await TestDatabase.create();
      await fillHistory(database);
      await using server = await TestServer.ready(database.url);
      const lines = sections.flatMap(shellLinesOf).filter((line) => !/\bnp[mx] /.test(line));
      const results = await runCommands(lines, server, await tempDir('insight-docs'));
      expect(results.length).toBeGreaterThan(15);
      const answers = new Map<string, unknown>();
      const empty: string[] = [];
      for (const { line, status, body } of results) {
        expect([line, status, body.slice(0, 300)]).toEqual([line, '200', body.slice(0, 300)]);
        if (line.startsWith('PEER=')) continue;
        const answer = JSON.parse(body) as unknown;
        answers.set(line, answer);
        empty.push(...emptyListsOf(answer).map((list) => `${line}: ${list}`));
      }
      expect(empty).toEqual([]);
      const examples = sections.flatMap((section) =>
        [...section.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, json = '']) => {
          const fields = shellLinesOf(section).map((line) => new Set(fieldsOf(answers.get(line))));
          return { section: section.split('\n', 1)[0], shown: fieldsOf(JSON.parse(json)), fields };
        }),
      );
      expect(examples.length).toBeGreaterThan(12);
      for (const { section, shown, fields } of examples) {
        // Of the response that has most of them.
        const missing = fields
          .map((known) => shown.filter((field) => !known.has(field)))
          .sort((one, other) => one.length - other.length)[0];
        expect([section, missing]).toEqual([section, []]);
      }
    },
  );
});
