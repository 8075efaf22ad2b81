import { readFile, rm } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.js';
import { xmlElements } from '../support/xml-elements.js';
import { printSoak, writeFiles } from './report.js';
import { COLUMNS } from './samples/sample.js';
import { runSoak } from './soak.js';

// Processes are stopped and looked at as Linux has them.
describe.skipIf(process.platform !== 'linux')('a soak run', { timeout: 60_000 }, () => {
  it('loses nothing, fails no client, and is plotted', async () => {
    const lines: string[] = [];
    const result = await runSoak(
      {
        seed: 4,
        lengthS: 9,
        nodes: 20,
        rate: 200,
        leavesPerSecond: 2,
        subscribers: 10,
        pace: { visitMs: [200, 1_500], pauseMs: [100, 1_000] },
        requestsPerSecond: 10,
        sampleMs: 500,
        faultGapMs: [1_500, 2_500],
        longestMs: 1_500,
        main: process.env.TEST_SERVER_MAIN,
      },
      (line) => lines.push(line),
    );
    const directory = await tempDir('soak');
    const { csv, svg } = await writeFiles(result, 'a short run', directory);
    printSoak(result, (line) => lines.push(line));

    // What grows shows in minutes only.
    const failed = result.checks.filter(({ ok, ofGrowth }) => !ok && !ofGrowth);
    expect(failed, lines.join('\n')).toEqual([]);
    expect(result.counts.stored).toBeGreaterThan(1_600);
    expect(result.counts.requests_answered).toBeGreaterThan(20);
    expect(result.faults.length).toBeGreaterThanOrEqual(2);

    const rows = parse<Record<string, string>>(await readFile(csv), { columns: true });
    expect(rows.length).toBeGreaterThan(12);
    expect(Object.keys(rows[0] ?? {})).toEqual(COLUMNS);
    expect(rows.flatMap((row) => Object.values(row)).filter((value) => !/^\d+(\.\d+)?$/.test(value))).toEqual(
      [],
    );
    // At each sample some are away.
    expect(Math.max(...rows.map(({ node_sockets }) => Number(node_sockets)))).toBeGreaterThan(14);

    const elements = xmlElements(await readFile(svg, 'utf8'));
    const drawn = elements
      .filter(({ name }) => name === 'polyline')
      .map(({ attributes }) => attributes.points);
    expect(drawn).toHaveLength(COLUMNS.length - 1);
    expect(drawn.map((points) => points?.split(' ').length)).toEqual(drawn.map(() => rows.length));
    await rm(directory, { recursive: true });
  });
});
