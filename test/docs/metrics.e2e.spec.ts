import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { codesIn, readProjectFile, tableUnder } from '../support/markdown.js';
import { metricTypes } from '../support/metrics.js';
import { TestServer } from '../support/test-server.js';

interface MetricRow {
  name: string;
  type: string;
  labels: string[];
}

const byName = (left: MetricRow, right: MetricRow): number => left.name.localeCompare(right.name);

describe('docs/metrics.md', () => {
  it('lists the metrics that the server serves, with their types and labels', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const text = await (await server.get('/metrics')).text();
    const labels = new Map(
      register
        .getMetricsAsArray()
        .map((metric) => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames]),
    );
    const served = [...metricTypes(text)]
      .filter(([name]) => name.startsWith('tetcore_'))
      .map(([name, type]) => ({ name, type, labels: [...(labels.get(name) ?? [])].sort() }));
    const listed = tableUnder(readProjectFile('docs/metrics.md'), '## Metrics of the server').map(
      ([name = '', type = '', labelCell = '']) => ({
        name: codesIn(name)[0] ?? name,
        type,
        labels: codesIn(labelCell).sort(),
      }),
    );
    expect(listed.sort(byName)).toEqual(served.sort(byName));
  });
});
