import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { FairSemaphore } from '../../../src/platform/async/index.js';
import { TestDatabase } from '../../support/databases.js';
import { Ends } from '../../support/ends.js';
import { HeldPort } from '../../support/held-port.js';
import { readProjectFile } from '../../support/markdown.js';
import { hasPrometheus, TestPrometheus } from '../../support/prometheus.js';
import { ServerProcess } from '../../support/server-process.js';
import { tempDir } from '../../support/temp-dir.js';
import { waitUntil } from '../../support/wait-until.js';
import { quickRules, rulesWithBounds } from './quick-rules.js';

const MIB = 1024 * 1024;

/** Limits that are soon reached. Each server of a story has them, and the rules read them from its metrics. */
const SETTINGS = {
  TELEMETRY_MAX_CONNECTIONS: '10',
  QUEUE_MAX_MIB: '4',
  JOURNAL_MAX_MIB: '16',
  // A busy machine, too, purges within six times this, where it may.
  PURGE_INTERVAL_S: '4',
};
/** Thresholds of the rules that are no settings. */
const BOUNDS = {
  // More than the 30 s from one update to the next.
  registry_age_seconds: 40,
  insight_age_seconds: 40,
  database_growth_bytes: 16 * MIB,
};

/** A machine may be busy. */
const LIMIT_MS = 240_000;
const WAIT = { timeoutMs: 100_000, everyMs: 200 };

/** Servers that start at once: stories begin together, and each server needs a processor until it is ready. */
const starts = new FairSemaphore(() => ({
  permits: 2,
  permitsPerKey: 2,
  waiting: Infinity,
  waitingPerKey: Infinity,
}));

/** The cause of alerts, made on a real server. */
export interface AlertStory {
  /** What is wrong, in words. */
  cause: string;
  /** The alerts that fire then, with labels that they must have. */
  alerts: Record<string, Record<string, string>>;
  /** The name under which Prometheus scrapes the server; one of the story's own unless given. */
  job?: string;
  /** Has all well: none of the alerts may fire yet. */
  begin: (stage: Stage) => Promise<Acts>;
}

export interface Acts {
  make: () => unknown;
  /** Removes the cause. Where that is a single event, its alerts clear by themselves. */
  end?: () => unknown;
  /** Where the story has a Prometheus of its own. */
  prometheus?: TestPrometheus;
}

/** What is done again and again. */
export interface Repeated {
  stop: () => Promise<void>;
}

/** What a story is played on: a port that Prometheus scrapes, and what ends with the story. */
export class Stage {
  readonly ends = new Ends();
  private dataDir: string | undefined;

  constructor(
    readonly job: string,
    private readonly port: HeldPort,
    readonly prometheus: TestPrometheus,
    private readonly rules: string,
  ) {}

  get target(): string {
    return `127.0.0.1:${this.port.number.toString()}`;
  }

  /**
   * A server on the port that is scraped, without waiting until it is ready.
   *
   * @param through a command that becomes the one that is put behind it
   */
  async spawn(environment: Record<string, string>, through?: readonly string[]): Promise<ServerProcess> {
    const settings = {
      ...SETTINGS,
      DATA_DIR: await this.folder(),
      DB_SAVE_LATENCY_MS: '20',
      NUM_THREADS: '2',
      ...environment,
    };
    return this.ends.add(ServerProcess.spawn(await this.port.giveAway(), settings, undefined, through));
  }

  async server(environment: Record<string, string>, through?: readonly string[]): Promise<ServerProcess> {
    const release = await starts.acquire('');
    try {
      const server = await this.spawn(environment, through);
      await server.isReady(WAIT.timeoutMs);
      return server;
    } finally {
      release();
    }
  }

  /** The `DATA_DIR` of all servers of the story. */
  async folder(): Promise<string> {
    if (this.dataDir === undefined) {
      const dataDir = await tempDir('alerts');
      this.ends.add({ [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }) });
      this.dataDir = dataDir;
    }
    return this.dataDir;
  }

  async database(): Promise<TestDatabase> {
    return this.ends.add(await TestDatabase.create());
  }

  /** Does something again and again, until it is told to stop; also where it fails. */
  repeat(everyMs: number, what: () => Promise<unknown>): Repeated {
    const stopping = new AbortController();
    const running = (async () => {
      while (!stopping.signal.aborted) {
        await what().catch(() => undefined);
        await sleep(everyMs);
      }
    })();
    const stop = async (): Promise<void> => {
      stopping.abort();
      await running;
    };
    this.ends.add({ [Symbol.asyncDispose]: stop });
    return { stop };
  }

  /** Waits until Prometheus finds something by an expression. */
  async sees(expression: string): Promise<void> {
    await waitUntil(async () => (await this.prometheus.count(expression)) > 0, { what: expression, ...WAIT });
  }

  /** Another Prometheus with the same rules. */
  async ownPrometheus(): Promise<TestPrometheus> {
    return this.ends.add(await TestPrometheus.ready({ [this.job]: [this.target] }, this.rules));
  }
}

/**
 * Plays stories side by side, with one Prometheus for all: each alert must not fire before its cause, fire with it,
 * and clear after it.
 *
 * @param factor by how much the durations of the rules are divided
 */
export function playStories(stories: readonly AlertStory[], factor: number): void {
  describe.skipIf(!hasPrometheus)('Prometheus sees alerts fire, and clear', () => {
    const rules = quickRules(rulesWithBounds(readProjectFile('monitoring/prometheus/rules.yml'), BOUNDS), {
      factor,
      leastRange: 5,
      leastFor: 1,
    });
    const ends = new Ends();
    const stages: Stage[] = [];

    beforeAll(async () => {
      const ports = await Promise.all(stories.map(() => HeldPort.take()));
      const jobs: Record<string, string[]> = {};
      for (const [index, port] of ports.entries()) {
        (jobs[jobOf(index)] ??= []).push(`127.0.0.1:${port.number.toString()}`);
        ends.add(port);
      }
      const prometheus = ends.add(await TestPrometheus.ready(jobs, rules));
      stages.push(...ports.map((port, index) => new Stage(jobOf(index), port, prometheus, rules)));
    });
    afterAll(() => ends[Symbol.asyncDispose]());

    const jobOf = (index: number): string => stories[index]?.job ?? `story-${index.toString()}`;

    it.concurrent.each(stories.map((story, index) => [story.cause, story, index] as const))(
      '%s',
      { timeout: LIMIT_MS },
      async (_, story, index) => {
        const stage = stages[index];
        if (stage === undefined) throw new Error('There is no stage.');
        try {
          await play(story, stage);
        } finally {
          await stage.ends[Symbol.asyncDispose]();
        }
      },
    );
  });
}

async function play(story: AlertStory, stage: Stage): Promise<void> {
  const names = Object.keys(story.alerts);
  const { prometheus = stage.prometheus, make, end } = await story.begin(stage);
  const firing = async (): Promise<string[]> =>
    (await prometheus.firing())
      .filter(({ name, labels: { job, instance, ...labels } }) => {
        const wanted = Object.entries(story.alerts[name] ?? { none: 'of this story' });
        const isHere = job === stage.job && (instance === undefined || instance === stage.target);
        return isHere && wanted.every(([label, value]) => labels[label] === value);
      })
      .map(({ name }) => name);
  // Without a scrape nothing fires either.
  const quiet = async (): Promise<boolean> =>
    (await prometheus.targetsUp()).includes(stage.target) && (await firing()).length === 0;

  await waitUntil(quiet, { what: `none of ${names.join(', ')} before there is a cause`, ...WAIT });
  await make();
  const seen = new Set<string>();
  await waitUntil(
    async () => {
      for (const name of await firing()) seen.add(name);
      const missing = names.filter((name) => !seen.has(name));
      if (missing.length > 0) throw new Error(`${missing.join(', ')} did not fire`);
      return true;
    },
    { what: `${names.join(', ')} to fire`, ...WAIT },
  );
  await end?.();
  await waitUntil(
    async () => {
      const left = await firing();
      if (left.length > 0) throw new Error(`${left.join(', ')} fire still`);
      return await quiet();
    },
    { what: `${names.join(', ')} to clear`, ...WAIT },
  );
}
