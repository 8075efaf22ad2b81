import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { codesIn, readProjectFile, ROOT, tableUnder } from '../support/markdown.js';
import { metricTypes } from '../support/metrics.js';
import { hasPrometheus, promtool } from '../support/prometheus.js';
import { ServerProcess } from '../support/server-process.js';
import { MESSAGE_STORIES } from './alerts/message-stories.js';
import { SERVER_STORIES } from './alerts/server-stories.js';
import { STORAGE_STORIES } from './alerts/storage-stories.js';

const FOLDER = 'monitoring/prometheus';
const JOB = 'tetcore-analytics';
const SETTINGS = {
  TELEMETRY_MAX_CONNECTIONS: '123',
  QUEUE_MAX_MIB: '5',
  JOURNAL_MAX_MIB: '17',
  PURGE_INTERVAL_S: '61',
};
const rules = readProjectFile(`${FOLDER}/rules.yml`);
const unitTests = ['rules', 'chains'].map((name) => readProjectFile(`${FOLDER}/${name}.test.yml`)).join('\n');

const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);
const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();

/** The alerts with their text, in the order of the file. */
const alerts = rules
  .split(/^ {6}- (?=alert|record)/m)
  .filter((text) => text.startsWith('alert: '))
  .map((text) => ({ name: /^alert: (\w+)/.exec(text)?.[1] ?? '', text: text.replace(/\s+/g, ' ') }));
const alertNames = alerts.map(({ name }) => name);
const isAboutChain = (name: string): boolean => name.startsWith('TetcoreChain');

/** The metrics of a server that the rules name, in expressions and in what they tell people. */
const metricsNamed = unique(all(rules, /(?<![\w:])((?:tetcore|process|nodejs)_\w+)(?!\w|:)/g));

/** The alerts that a unit test expects to fire, or not to. */
function tested(fires: boolean): string[] {
  const cases = unitTests.split(/^ {6}- expr: /m).slice(1);
  return cases
    .filter((each) => each.includes('exp_samples: []') !== fires)
    .map((each) => /alertname="(\w+)"/.exec(each)?.[1] ?? '');
}

describe('the Prometheus rules', () => {
  it('use only metrics of a running server', async () => {
    await using database = await TestDatabase.create();
    await using server = await ServerProcess.ready(await freePort(), {
      DATABASE_URL: database.url,
      JOURNAL_MODE: 'off',
      ...SETTINGS,
    });
    const text = await (await fetch(`${server.http}/metrics`)).text();
    const served = new Set(
      [...metricTypes(text)].flatMap(([name, type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
      ),
    );
    expect(metricsNamed.length).toBeGreaterThan(15);
    expect(metricsNamed.filter((name) => !served.has(name))).toEqual([]);
    // The thresholds of a server follow its settings.
    expect(
      Object.fromEntries(
        [...text.matchAll(/^tetcore_setting_(\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
      ),
    ).toEqual({
      telemetry_max_connections: 123,
      queue_max_bytes: 5 * 2 ** 20,
      journal_max_bytes: 17 * 2 ** 20,
      purge_interval_seconds: 61,
      insight_aggregation: 1,
    });
  });

  it('use only labels of docs/metrics.md', () => {
    const known = new Set(codesIn(readProjectFile('docs/metrics.md')));
    const values = all(rules, /\w+=~?"([^"]+)"/g)
      .flatMap((value) => value.split('|'))
      .filter((value) => value !== JOB && value !== 'firing' && !alertNames.includes(value));
    expect(values.length).toBeGreaterThan(5);
    expect(values.filter((value) => !known.has(value))).toEqual([]);
  });

  it('have fixed thresholds only for what is no setting', () => {
    const bounds = [...rules.matchAll(/record: tetcore:(\w+):bound\s+expr: vector\(([\d *]+)\)/g)].map(
      ([, name = '', factors = '']): [string, number] => [
        name,
        factors.split('*').reduce((product, factor) => product * Number(factor), 1),
      ],
    );
    expect(Object.fromEntries(bounds)).toEqual({
      registry_age_seconds: 600,
      insight_age_seconds: 600,
      database_growth_bytes: 1e9,
    });
  });

  it('have a severity, a summary, and a description with a link for each alert', () => {
    const headings = new Set(all(readProjectFile('docs/operations.md'), /^## (.+)$/gm));
    const incomplete = alerts.filter(({ text }) => {
      if (isAboutChain(/^alert: (\w+)/.exec(text)?.[1] ?? ''))
        return !/summary: \S.*description: .*Action: docs\/monitoring\.md#alerts-about-chains\./.test(text);
      const section = /description: .*See "([^"]+)" in docs\/operations\.md\./.exec(text)?.[1] ?? '';
      return !(
        /severity: (?:critical|warning) /.test(text) &&
        /summary: \S/.test(text) &&
        headings.has(section)
      );
    });
    expect(alerts.length).toBeGreaterThan(15);
    expect(incomplete.map(({ name }) => name)).toEqual([]);
  });

  it('contain no dollar sign, which envsubst would replace', () => {
    expect(rules).not.toContain('$');
  });

  it('have a unit test with and without firing for each alert', () => {
    expect(unique(tested(true))).toEqual(unique(alertNames));
    expect(unique(tested(false))).toEqual(unique(alertNames));
  });

  it('have a story with the cause of each alert about servers on a real one', () => {
    const stories = [...SERVER_STORIES, ...MESSAGE_STORIES, ...STORAGE_STORIES];
    const ofServers = alertNames.filter((name) => !isAboutChain(name));
    expect(unique(stories.flatMap((story) => Object.keys(story.alerts)))).toEqual(unique(ofServers));
  });

  it('are listed in docs/monitoring.md', () => {
    const page = readProjectFile('docs/monitoring.md');
    const listed = ['## Alerts', '## Alerts about chains'].flatMap((heading) =>
      tableUnder(page, heading).flatMap(([alert = '']) => codesIn(alert)),
    );
    expect(listed).toEqual(alertNames);
  });
});

describe.skipIf(!hasPrometheus)('Prometheus', () => {
  const path = (name: string): string => `${ROOT}/${FOLDER}/${name}`;

  it('accepts the rules and the example configuration', async () => {
    const found = all(rules, /^ +- (alert|record): /gm).length;
    expect(await promtool('check', 'rules', path('rules.yml'))).toContain(
      `SUCCESS: ${found.toString()} rules`,
    );
    expect(await promtool('check', 'config', path('prometheus.yml'))).toContain('SUCCESS');
  });
});
