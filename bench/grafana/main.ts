import type pg from 'pg';
import {
  type PanelQuery,
  panelQueries,
  readDashboards,
} from '../../test/monitoring/grafana/panel-queries.js';
import { intervalOf, substituted } from '../../test/monitoring/grafana/substitute.js';
import { onDatabase } from '../../test/support/on-database.js';
import { median } from '../support/result.js';
import { parseArgs } from '../support/parse-args.js';

const {
  values: options,
  positionals: [url],
} = parseArgs({
  allowPositionals: true,
  options: {
    hours: { type: 'string', default: '3' },
    to: { type: 'string', default: new Date().toISOString() },
    rounds: { type: 'string', default: '3' },
  },
});
if (url === undefined) throw new Error('Which database? postgres://…');
const to = new Date(options.to);
const from = new Date(to.getTime() - Number(options.hours) * 3_600_000);
const rounds = Number(options.rounds);

/** What is chosen of each variable, as Grafana does at first: all, or the first one. */
type Chosen = Record<string, string | string[]>;

// What a dashboard asks of PostgreSQL, panel by panel: how long it takes.
await onDatabase(url, async (client) => {
  await client.query('SET default_transaction_read_only = on');
  const rows: { dashboard: string; asked: string; ms: number; rows: number }[] = [];
  for (const [name, { templating }] of readDashboards()) {
    const chosen: Chosen = {};
    for (const query of panelQueries().filter(({ dashboard }) => dashboard === name)) {
      const variable = templating.list.find((each) => `$${each.name}` === query.title);
      for (const { name: custom, type, current } of templating.list)
        if (type === 'custom') chosen[custom] = (current as { value: string }).value;
      const { found, ms } = await timed(client, query, chosen);
      if (variable !== undefined) {
        const values = found.map((row) => String(Object.values(row)[0]));
        chosen[variable.name] = variable.multi === true ? values : (values[0] ?? '');
      }
      rows.push({ dashboard: name, asked: query.title, ms, rows: found.length });
    }
  }
  console.table(rows);
});

async function timed(
  client: pg.Client,
  { sql, resolution }: PanelQuery,
  variables: Chosen,
): Promise<{ found: Record<string, unknown>[]; ms: number }> {
  const text = substituted(sql, { from, to, intervalMs: intervalOf(resolution, from, to), variables });
  const times: number[] = [];
  let found: Record<string, unknown>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    found = (await client.query<Record<string, unknown>>(text)).rows;
    times.push(performance.now() - start);
  }
  return { found, ms: Math.round(median(times)) };
}
