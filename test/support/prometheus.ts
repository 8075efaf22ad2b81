import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { tempDir } from './temp-dir.js';
import { waitUntil } from './wait-until.js';

const PROMETHEUS = '/usr/bin/prometheus';
const PROMTOOL = '/usr/bin/promtool';

/** Whether Debian's Prometheus is here: `describe.skipIf(!hasPrometheus)`. */
export const hasPrometheus = existsSync(PROMETHEUS) && existsSync(PROMTOOL);
if (!hasPrometheus) {
  console.warn(`Tests with Prometheus are skipped: there is no ${PROMTOOL}. apt-get install -y prometheus.`);
}

/** Runs promtool, and gives what it prints. Throws with that where it finds something wrong. */
export async function promtool(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(PROMTOOL, args);
  return stdout + stderr;
}

/** Targets as `host:port`, by the job under which they are scraped. */
export type ScrapedJobs = Record<string, readonly string[]>;

export interface FiringAlert {
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface EvaluatedRule {
  name: string;
  /** `unknown` until it was evaluated first. */
  health: 'ok' | 'err' | 'unknown';
  lastError?: string;
  alerts?: (Omit<FiringAlert, 'name'> & { state: 'pending' | 'firing' })[];
}

const CONFIG = 'prometheus.yml';

/** A Prometheus that scrapes and evaluates every second. `await using` ends it and removes what it kept. */
export class TestPrometheus implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
    private readonly url: string,
  ) {}

  /** @param rules the text of a file of rules */
  static async ready(jobs: ScrapedJobs, rules: string): Promise<TestPrometheus> {
    const dir = await tempDir('prometheus');
    await writeFile(join(dir, 'rules.yml'), rules);
    await writeConfig(dir, jobs);
    const address = `127.0.0.1:${(await freePort()).toString()}`;
    const child = spawn(
      PROMETHEUS,
      [
        `--config.file=${join(dir, CONFIG)}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=${address}`,
      ],
      { stdio: 'ignore' },
    );
    const prometheus = new TestPrometheus(child, dir, `http://${address}`);
    try {
      await waitUntil(async () => (await fetch(`${prometheus.url}/-/ready`)).ok, {
        what: 'Prometheus to be ready',
        timeoutMs: 30_000,
      });
    } catch (error) {
      await prometheus[Symbol.asyncDispose]();
      throw error;
    }
    return prometheus;
  }

  /** From now on it scrapes these, and no others: within ten seconds. */
  async scrape(jobs: ScrapedJobs): Promise<void> {
    await writeConfig(this.dir, jobs);
    this.child.kill('SIGHUP');
  }

  /** How many series an expression of PromQL has now. */
  async count(expression: string): Promise<number> {
    const { result } = await this.ask<{ result: unknown[] }>(`query?query=${encodeURIComponent(expression)}`);
    return result.length;
  }

  /** Every rule with what came of its last evaluation. */
  async rules(): Promise<EvaluatedRule[]> {
    const { groups } = await this.ask<{ groups: { rules: EvaluatedRule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  /** The alerts that fire now. */
  async firing(): Promise<FiringAlert[]> {
    return (await this.rules()).flatMap(({ name, alerts = [] }) =>
      alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels, annotations }) => ({ name, labels, annotations })),
    );
  }

  /** The targets that answered the last scrape, by their `instance`. */
  async targetsUp(): Promise<string[]> {
    const { activeTargets } = await this.ask<{
      activeTargets: { health: string; labels: { instance: string } }[];
    }>('targets');
    return activeTargets.filter(({ health }) => health === 'up').map(({ labels }) => labels.instance);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.dir, { recursive: true, force: true });
  }

  private async ask<T>(what: string): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${what}`);
    return ((await answer.json()) as { data: T }).data;
  }
}

async function writeConfig(dir: string, jobs: ScrapedJobs): Promise<void> {
  await writeFile(
    join(dir, CONFIG),
    // JSON is YAML as well.
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      scrape_configs: Object.entries(jobs).map(([job, targets]) => ({
        job_name: job,
        static_configs: [{ targets }],
      })),
    }),
  );
}
