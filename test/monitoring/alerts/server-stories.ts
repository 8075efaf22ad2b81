import { join } from 'node:path';
import { FakeNode } from '../../support/fake-node.js';
import { PostgresProxy } from '../../support/postgres-proxy.js';
import type { ServerProcess } from '../../support/server-process.js';
import { WrongClock } from '../../support/wrong-clock.js';
import type { AlertStory, Repeated, Stage } from './alert-story.js';

/** The alerts `Down` and `Absent` know the servers by it. */
const JOB = 'tetcore-analytics';

/** Files that a server may open, and as many nodes as are more than 80 % of them. */
const OPEN_FILES = 1_480;
const NODES = 1_180;

/** Nodes that say nothing. */
async function dial(server: ServerProcess, count: number): Promise<FakeNode[]> {
  const nodes: FakeNode[] = [];
  while (nodes.length < count) {
    const together = Array.from({ length: Math.min(50, count - nodes.length) }, () =>
      FakeNode.connect(server.ws),
    );
    nodes.push(...(await Promise.all(together)));
  }
  return nodes;
}

const close = async (nodes: readonly FakeNode[]): Promise<void> => {
  await Promise.all(nodes.map((node) => node.close()));
};

const withDatabase = async (stage: Stage): Promise<{ DATABASE_URL: string }> => ({
  DATABASE_URL: (await stage.database()).url,
});

/** What servers and their machines do. */
export const SERVER_STORIES: readonly AlertStory[] = [
  {
    cause: 'a server that is paused',
    alerts: { TetcoreAnalyticsDown: { severity: 'critical' } },
    job: JOB,
    begin: async (stage) => {
      const { child } = await stage.server(await withDatabase(stage));
      return { make: () => child.kill('SIGSTOP'), end: () => child.kill('SIGCONT') };
    },
  },
  {
    cause: 'a server that was killed',
    alerts: { TetcoreAnalyticsDown: { severity: 'critical' } },
    job: JOB,
    begin: async (stage) => {
      const environment = await withDatabase(stage);
      const server = await stage.server(environment);
      return {
        make: () => server.end('SIGKILL'),
        end: () => stage.server(environment),
      };
    },
  },
  {
    cause: 'a Prometheus that finds no server',
    alerts: { TetcoreAnalyticsAbsent: { severity: 'critical' } },
    job: JOB,
    begin: async (stage) => {
      await stage.server(await withDatabase(stage));
      const prometheus = await stage.ownPrometheus();
      return {
        prometheus,
        make: () => prometheus.scrape({ [JOB]: [] }),
        end: () => prometheus.scrape({ [JOB]: [stage.target] }),
      };
    },
  },
  {
    cause: 'a server that starts while its database is away',
    alerts: { TetcoreAnalyticsNotReady: { severity: 'warning' } },
    begin: async (stage) => {
      const database = await stage.database();
      const proxy = stage.ends.add(await PostgresProxy.start(database.url));
      const environment = { DATABASE_URL: proxy.url };
      const server = await stage.server(environment);
      return {
        make: async () => {
          await server.end('SIGTERM');
          proxy.freeze();
          await stage.spawn(environment);
        },
        end: () => proxy.thaw(),
      };
    },
  },
  {
    cause: 'more nodes than a server takes',
    alerts: {
      TetcoreAnalyticsSocketsNearBound: { severity: 'warning' },
      TetcoreAnalyticsNodesRefused: { severity: 'warning', reason: 'too_many' },
    },
    begin: async (stage) => {
      const server = await stage.server(await withDatabase(stage));
      const nodes = await dial(server, 8);
      let refused: Repeated | undefined;
      return {
        make: async () => {
          nodes.push(...(await dial(server, 2)));
          refused = stage.repeat(200, () => FakeNode.connect(server.ws));
        },
        end: async () => {
          await refused?.stop();
          await close(nodes);
        },
      };
    },
  },
  {
    cause: 'a process that may open few files',
    alerts: { TetcoreAnalyticsOpenFilesNearBound: { severity: 'warning' } },
    begin: async (stage) => {
      const server = await stage.server(
        {
          ...(await withDatabase(stage)),
          TELEMETRY_MAX_CONNECTIONS: NODES.toString(),
          HTTP_MAX_CONNECTIONS: (NODES + 20).toString(),
        },
        ['sh', '-c', `ulimit -n ${OPEN_FILES.toString()}; exec "$0" "$@"`],
      );
      let nodes: FakeNode[] = [];
      return {
        make: async () => {
          nodes = await dial(server, NODES);
        },
        end: () => close(nodes),
      };
    },
  },
  {
    cause: 'a server whose clock is wrong',
    alerts: { TetcoreAnalyticsClockOff: { severity: 'warning' } },
    begin: async (stage) => {
      const clock = new WrongClock(join(await stage.folder(), 'clock'), 0);
      const server = await stage.server({ ...(await withDatabase(stage)), ...clock.environment });
      return { make: () => clock.set(server, -2 * 3_600_000), end: () => clock.set(server, 0) };
    },
  },
];
