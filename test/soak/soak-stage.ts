import { PostgresLink } from '../delivery/database/postgres-link.js';
import type { Stage } from '../delivery/faults/stage.js';
import { Fleet } from '../delivery/fleet/fleet.js';
import { Turn } from '../delivery/schedule/draw-schedule.js';
import { OneServer } from '../delivery/servers/one-server.js';
import type { Replica } from '../delivery/servers/replica.js';
import type { Ends } from '../support/ends.js';
import { waitUntil } from '../support/wait-until.js';
import type { SoakOptions } from './soak.js';

const CONNECT_LIMIT_MS = 120_000;
const GONE_LIMIT_MS = 10_000;
/** Nodes that are on their way back at one time, at most. */
const MOST_AWAY = 10;
/** Nodes that were away come back after this: milliseconds. */
const REDIAL_MS = [500, 3_000] as const;
/** Over which the first dials are spread, for each node: milliseconds. */
const DIAL_MS = 2;

/** One server with its nodes, and the link between it and its database. */
export interface SoakStage extends Stage {
  server: OneServer;
  replica: Replica;
}

/**
 * Starts everything, and waits until all nodes are connected and known to those who ask.
 *
 * @param ends gets what is started, and ends it
 */
export async function setUpStage(
  ends: Ends,
  { main, seed, nodes, rate, leavesPerSecond }: SoakOptions,
  say: (line: string) => void,
): Promise<SoakStage> {
  const links: PostgresLink[] = [];
  const server = await OneServer.start(ends, {
    main,
    reach: async (databaseUrl) => {
      const link = ends.add(await PostgresLink.start(databaseUrl));
      links.push(link);
      return link.url;
    },
  });
  const [link] = links;
  if (link === undefined) throw new Error('There is no link to the database.');
  const { postgres, databaseUrl, replica } = server;
  const urls = [replica.ws];
  const dialMs = DIAL_MS * nodes;
  const fleet = ends.add(
    new Fleet({ urls, seed, nodes, rate, leavesPerSecond, redialMs: REDIAL_MS, dialMs }),
  );
  await waitUntil(
    async () => fleet.open >= nodes - MOST_AWAY && (await knownNodes(replica.process.http)) === nodes,
    { what: 'all nodes to be there', timeoutMs: CONNECT_LIMIT_MS, everyMs: 200 },
  );
  const rest = {
    databaseTurn: new Turn(),
    replicas: [replica],
    damaged: [],
    gone: [],
    visits: [],
    problems: [],
  };
  return { server, postgres, databaseUrl, link, replica, fleet, say, ...rest };
}

/**
 * Waits until the server has forgotten all that have left.
 *
 * @throws WaitTimeoutError where it does not
 */
export async function allGone({ replica }: SoakStage): Promise<void> {
  await waitUntil(
    async () => {
      const metrics = await replica.metrics();
      return metrics.sum('tetcore_sockets') + metrics.sum('tetcore_feed_sockets') === 0;
    },
    { what: 'the server to see that all sockets have ended', timeoutMs: GONE_LIMIT_MS },
  );
}

async function knownNodes(http: string): Promise<number> {
  const answer = await fetch(`${http}/nodes?limit=10000`);
  return ((await answer.json()) as unknown[]).length;
}
