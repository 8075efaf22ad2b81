import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards, textOf } from '../../../monitoring/grafana/source/dashboards.js';
import type { Panel } from '../../../monitoring/grafana/source/model.js';
import { network } from '../../../monitoring/grafana/source/network.js';
import { server } from '../../../monitoring/grafana/source/server.js';
import { dashboardProblems } from './panel-problems.js';
import { FOLDER, readDashboards } from './panel-queries.js';
import { TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/free-port.js';
import { codesIn, readProjectFile, tableUnder } from '../../support/markdown.js';
import { metricTypes } from '../../support/metrics.js';
import { hasPrometheus, promtool, TestPrometheus } from '../../support/prometheus.js';
import { ServerProcess } from '../../support/server-process.js';
import { tempDir } from '../../support/temp-dir.js';
import { waitUntil } from '../../support/wait-until.js';

const files = readDashboards();

describe('Grafana dashboards', () => {
  it('are generated from their source: npx tsx monitoring/grafana/source/write.ts', async () => {
    expect([...files.keys()].sort()).toEqual(Object.keys(dashboards).sort());
    for (const [name, dashboard] of Object.entries(dashboards)) {
      expect(readProjectFile(`${FOLDER}/${name}.json`)).toBe(await textOf(dashboard));
    }
  });

  it.each([...files])(
    '%s: panels have titles and distinct positions, and use declared variables',
    (_, dashboard) => {
      expect(dashboard.panels.length).toBeGreaterThan(5);
      expect(dashboardProblems(dashboard)).toEqual([]);
    },
  );

  it('detects mistakes in a dashboard', () => {
    const broken = structuredClone(network);
    const [row, first, second] = broken.panels as [Panel, Panel, Panel];
    row.id = first.id;
    second.gridPos = first.gridPos;
    second.description = '';
    second.targets?.forEach((target) => (target.datasource = { ...target.datasource, uid: 'mine' }));
    broken.templating.list = broken.templating.list.filter(({ name }) => name !== 'nodes');
    expect(dashboardProblems(broken)).toEqual([
      `Two panels have the id ${first.id}.`,
      `${first.title} overlaps ${second.title}.`,
      `${second.title} has no description.`,
      'A query uses the data source grafana-postgresql-datasource mine.',
      'There is no $nodes.',
    ]);
  });

  it('detects a stat panel that shows the last known value', () => {
    const broken = structuredClone(server);
    const [figure, line] = ['stat', 'timeseries'].map((type) =>
      broken.panels.find((each) => each.type === type),
    );
    Object.assign(figure?.targets?.[0] ?? {}, { range: true, instant: false });
    Object.assign(line?.targets?.[0] ?? {}, { range: false, instant: true });
    expect(dashboardProblems(broken)).toEqual([
      `${figure?.title ?? ''} does not query A as instant only.`,
      `${line?.title ?? ''} does not query A as range.`,
    ]);
  });

  it('have distinct uids and titles', () => {
    for (const field of ['uid', 'title'] as const)
      expect(new Set([...files.values()].map((each) => each[field])).size).toBe(files.size);
  });
});

interface Expression {
  panel: string;
  expr: string;
  legend: string;
}

const expressions = (files.get('server')?.panels ?? []).flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }): Expression => ({
    panel: title,
    expr: String(expr),
    legend: String(legendFormat),
  })),
);
/** The expressions as Grafana sends them. */
const asked = expressions.map(({ expr }) =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.+'),
);
const rules = readProjectFile('monitoring/prometheus/rules.yml');
const recorded = new Set([...rules.matchAll(/- record: (\S+)$/gm)].map(([, name = '']) => name));

/** Names of metrics and recording rules, without the ends of histograms. */
const namesIn = (expr: string): string[] =>
  [...expr.matchAll(/(?<![\w:"])(?:(?:tetcore|process|nodejs|job|job_instance)[_:][\w:]+|up(?=\{))/g)].map(
    ([name]) => name,
  );
const withoutEnd = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, '');

describe('the expressions of the server dashboard', () => {
  it('use only metrics of a running server and recording rules', async () => {
    await using database = await TestDatabase.create();
    await using server = await ServerProcess.ready(await freePort(), {
      DATABASE_URL: database.url,
      JOURNAL_MODE: 'off',
    });
    const text = await (await fetch(`${server.http}/metrics`)).text();
    const served = metricTypes(text);
    const isKnown = (name: string): boolean =>
      name === 'up' ||
      recorded.has(name) ||
      served.has(name) ||
      ['histogram', 'summary'].includes(served.get(withoutEnd(name)) ?? '');
    const named = expressions.flatMap(({ expr }) => namesIn(expr));
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
    expect(expressions.filter(({ expr }) => namesIn(expr).length === 0)).toEqual([]);
  });

  it('use every recording rule, or alerts do', () => {
    const alerts = rules.replaceAll(/- record: \S+$/gm, '');
    const isUsed = (name: string): boolean =>
      alerts.includes(name) || expressions.some(({ expr }) => expr.includes(name));
    expect([...recorded].filter((name) => !isUsed(name))).toEqual([]);
  });

  it('group and name series by labels of the metrics', () => {
    const labels = new Map(
      tableUnder(readProjectFile('docs/metrics.md'), '## Metrics of the server').map(
        ([name = '', , those = '']) => [codesIn(name)[0] ?? '', codesIn(those)],
      ),
    );
    const problems = expressions.flatMap(({ panel, expr, legend }) => {
      const known = new Set([
        'instance',
        'job',
        'le',
        ...namesIn(expr).flatMap((name) => labels.get(name) ?? labels.get(withoutEnd(name)) ?? []),
      ]);
      const grouped = [...expr.matchAll(/by \(([^)]+)\)/g)].flatMap(([, list = '']) => list.split(', '));
      const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name);
      return [...grouped, ...shown].filter((name) => !known.has(name)).map((name) => `${panel}: ${name}`);
    });
    expect(problems).toEqual([]);
  });

  it.skipIf(!hasPrometheus)('show a server that is down as not ready', async () => {
    const labels = (instance: string) => `{instance="${instance}", job="tetcore-analytics"}`;
    const folder = await tempDir('promql');
    try {
      const file = join(folder, 'test.json');
      const test = {
        interval: '15s',
        input_series: [
          { series: `tetcore_ready${labels('well')}`, values: '1x8' },
          { series: `up${labels('well')}`, values: '1x8' },
          { series: `tetcore_ready${labels('dead')}`, values: '1x3 stale' },
          { series: `up${labels('dead')}`, values: '1x3 0x4' },
        ],
        promql_expr_test: [
          {
            expr: asked[expressions.findIndex(({ panel }) => panel === 'Ready')],
            eval_time: '2m',
            exp_samples: [
              { labels: `tetcore_ready${labels('well')}`, value: 1 },
              { labels: labels('dead'), value: 0 },
            ],
          },
        ],
      };
      await writeFile(file, JSON.stringify({ tests: [test] }));
      expect(await promtool('test', 'rules', file)).toContain('SUCCESS');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.skipIf(!hasPrometheus)('are valid PromQL', async () => {
    const check = async (these: readonly string[]): Promise<string> => {
      const folder = await tempDir('promql');
      try {
        const file = join(folder, 'rules.json');
        const asRules = these.map((expr, index) => ({ record: `expression:${index}`, expr }));
        // JSON is YAML as well.
        await writeFile(file, JSON.stringify({ groups: [{ name: 'expressions', rules: asRules }] }));
        return await promtool('check', 'rules', file);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    };
    expect(asked.filter((expr) => expr.includes('$'))).toEqual([]);
    expect(await check(asked)).toContain(`SUCCESS: ${asked.length} rules`);
    await expect(check(['sum by (rate(up[5m])'])).rejects.toThrow();
  });

  it.skipIf(!hasPrometheus)('are evaluated on a server, with the rules', { timeout: 120_000 }, async () => {
    await using database = await TestDatabase.create();
    await using server = await ServerProcess.ready(await freePort(), {
      DATABASE_URL: database.url,
      JOURNAL_MODE: 'off',
    });
    const { groups } = parse(rules) as { groups: object[] };
    const dashboard = {
      name: 'expressions',
      rules: asked.map((expr, index) => ({ record: `expression:${index}`, expr })),
    };
    const target = `127.0.0.1:${server.port}`;
    await using prometheus = await TestPrometheus.ready(
      { 'tetcore-analytics': [target] },
      JSON.stringify({ groups: [...groups, dashboard] }),
    );
    await waitUntil(async () => (await prometheus.targetsUp()).length === 1, {
      what: 'the server to be scraped',
      timeoutMs: 30_000,
    });
    const evaluated = await waitUntil(
      async () => {
        const all = (await prometheus.rules()).filter(({ name }) => name.startsWith('expression:'));
        return all.length === asked.length && all.every(({ health }) => health !== 'unknown')
          ? all
          : undefined;
      },
      { what: 'every expression to be evaluated', timeoutMs: 30_000 },
    );
    expect(evaluated.filter(({ health }) => health !== 'ok').map(({ lastError }) => lastError)).toEqual([]);
  });
});
