import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { readProjectFile, ROOT } from '../support/markdown.js';
import { hasPrometheus, promtool, TestPrometheus } from '../support/prometheus.js';
import { ServerProcess } from '../support/server-process.js';
import { waitUntil } from '../support/wait-until.js';

const FOLDER = 'monitoring/prometheus';
const JOB = 'tetcore-analytics';
const rules = readProjectFile(`${FOLDER}/rules.yml`);

describe.skipIf(!hasPrometheus)('Prometheus', () => {
  const path = (name: string): string => `${ROOT}/${FOLDER}/${name}`;

  it.each(['rules', 'chains'])(
    'passes the unit tests of the rules: %s',
    { timeout: 240_000 },
    async (name) => {
      expect(await promtool('test', 'rules', path(`${name}.test.yml`))).toContain('SUCCESS');
    },
  );

  it(
    'evaluates the rules on two servers, and alerts for the one that stops',
    { timeout: 120_000 },
    async () => {
      await using database = await TestDatabase.create();
      const environment = { DATABASE_URL: database.url, JOURNAL_MODE: 'off' };
      await using stays = await ServerProcess.ready(await freePort(), environment);
      await using ends = await ServerProcess.ready(await freePort(), environment);
      const [staying, ending] = [stays, ends].map(({ port }) => `127.0.0.1:${port.toString()}`) as [
        string,
        string,
      ];
      const impatient = rules.replace(/^( +for:) .*$/gm, '$1 1s');
      await using prometheus = await TestPrometheus.ready({ [JOB]: [staying, ending] }, impatient);

      await waitUntil(async () => (await prometheus.targetsUp()).length === 2, {
        what: 'both servers to be scraped',
        timeoutMs: 30_000,
        everyMs: 100,
      });
      await waitUntil(
        async () =>
          (await prometheus.rules()).every(({ health }) => health !== 'unknown') &&
          (await prometheus.firing()).length === 0,
        { what: 'every rule to be evaluated, and no alert', timeoutMs: 30_000, everyMs: 100 },
      );
      const failed = (await prometheus.rules()).filter(({ health }) => health !== 'ok');
      expect(failed.map(({ name, lastError }) => `${name}: ${String(lastError)}`)).toEqual([]);

      expect(await ends.end('SIGTERM')).toBe(0);
      const down = await waitUntil(
        async () => (await prometheus.firing()).find(({ name }) => name === 'TetcoreAnalyticsDown'),
        { what: 'TetcoreAnalyticsDown', timeoutMs: 30_000, everyMs: 100 },
      );
      expect(down.labels).toMatchObject({ job: JOB, instance: ending, severity: 'critical' });
      expect(down.annotations.summary).toBe(`${ending} is down.`);
      expect((await prometheus.firing()).map(({ labels }) => labels.instance)).not.toContain(staying);
    },
  );
});
