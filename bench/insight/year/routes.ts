import { createHash } from 'node:crypto';
import type { Random } from '../../../src/simulator/random/random.js';
import {
  CHAIN,
  DAY_MS,
  detailFrom,
  FIRST_HEIGHT,
  HOUR_MS,
  iso,
  MINUTE_MS,
  peerIds,
  type World,
} from './world.js';

const RANGES = {
  '1 h': HOUR_MS,
  '6 h': 6 * HOUR_MS,
  '1 d': DAY_MS,
  '7 d': 7 * DAY_MS,
  '30 d': 30 * DAY_MS,
  '120 d': 120 * DAY_MS,
  '365 d': 365 * DAY_MS,
} as const;
type Range = keyof typeof RANGES;

/** Requests of one kind. */
export interface Route {
  /** The path after the chain, and its options. */
  name: string;
  range: Range | '';
  path: (world: World, draw: Random) => string;
}

interface Options {
  /** The longest range that the route has; by default all. */
  upTo?: Range;
  /** Whether it needs arrivals, or hours of nodes. */
  detail?: boolean;
}

const upTo = (last: Range): Range[] => {
  const all = Object.keys(RANGES) as Range[];
  return all.slice(0, all.indexOf(last) + 1);
};

/** The last time of that length, or another one. */
function timesOf(world: World, range: Range, draw: Random, detail: boolean): string {
  const first = detail ? detailFrom(world) + HOUR_MS : world.from;
  const length = Math.min(RANGES[range], world.to - first);
  const isLast = draw.chance(0.5);
  const before = Math.floor(draw.fraction() * (world.to - length - first));
  const end = isLast ? world.to : world.to - Math.floor(before / MINUTE_MS) * MINUTE_MS;
  return `start_time=${iso(end - length)}&end_time=${iso(end)}`;
}

const pathOf = (route: string): string => (route.startsWith('/') ? route : `/chains/${CHAIN.key}/${route}`);

/** @param name `{peer}` is replaced by the peer id of a node */
function ranges(name: string, { upTo: last = '365 d', detail = false }: Options = {}): Route[] {
  return upTo(last).map((range) => ofRange(name, range, detail));
}

function ofRange(name: string, range: Range, detail = false): Route {
  return {
    name,
    range,
    path: (world, draw) => {
      const [route = '', options] = name.split('?');
      const query = [options, timesOf(world, range, draw, detail)]
        .filter((part) => part !== undefined)
        .join('&');
      return `${pathOf(route)}?${query}`.replaceAll('{peer}', draw.pick(peerIdsOf(world)));
    },
  };
}

const known = new WeakMap<World, string[]>();
function peerIdsOf(world: World): string[] {
  const ids = known.get(world) ?? peerIds(world);
  known.set(world, ids);
  return ids;
}

const blocksIn = (world: World): number => Math.floor(((world.to - world.from) / 6_000) * 0.96);

/** As `fill-blocks.ts` has it. */
const hashAt = (height: number): string =>
  `0x${createHash('sha256').update(`${height.toString()}/0`).digest('hex')}`;

/** All routes of insight, with what they can be asked for. */
export const ROUTES: readonly Route[] = [
  { name: '/chains', range: '', path: () => '/chains' },
  ...ranges('/gaps'),
  ...ranges('finality'),
  ofRange('finality?resolution=hour', '365 d'),
  ...ranges('propagation'),
  ...ranges('propagation?bins=true'),
  ofRange('propagation?resolution=hour', '365 d'),
  ...['version', 'implementation', 'authority', 'label'].flatMap((by) =>
    ranges(`propagation?group_by=${by}`, { upTo: '6 h', detail: true }),
  ),
  ...ranges('production'),
  ofRange('production?resolution=hour', '365 d'),
  ...ranges('connectivity', { upTo: '120 d' }),
  ofRange('connectivity?resolution=day', '120 d'),
  ...ranges('forks'),
  ofRange('forks?limit=1000', '365 d'),
  ofRange('forks?resolution=hour', '365 d'),
  ...ranges('blocks'),
  ofRange('blocks?limit=1000', '1 d'),
  {
    name: 'blocks/{height}',
    range: '',
    path: (world, draw) => pathOf(`blocks/${(FIRST_HEIGHT + draw.between(1, blocksIn(world))).toString()}`),
  },
  {
    name: 'blocks/{hash}',
    range: '',
    path: (world, draw) => pathOf(`blocks/${hashAt(FIRST_HEIGHT + draw.between(1, blocksIn(world)))}`),
  },
  {
    name: 'blocks/{height} of 30 d',
    range: '',
    path: (world, draw) => {
      const detail = Math.floor((world.to - detailFrom(world)) / 6_500);
      return pathOf(`blocks/${(FIRST_HEIGHT + blocksIn(world) - draw.between(1, detail)).toString()}`);
    },
  },
  ...ranges('arrivals', { upTo: '1 d', detail: true }),
  ...ranges('availability'),
  ...ranges('/nodes/{peer}/availability'),
  ...ranges('stuck'),
  ...ranges('stuck?kind=stuck,finality_stuck,behind'),
  ...ranges('stuck?peer_id={peer}'),
  ...ranges('events'),
  ofRange('events?limit=1000', '30 d'),
  ofRange('events?peer_id={peer}', '30 d'),
  ...['version_changed', 'halt', 'block_lost', 'clock_step', 'gap', 'node_began', 'node_ended'].map((kind) =>
    ofRange(`events?kind=${kind}`, '365 d'),
  ),
  ofRange('events?peer_id={peer}', '365 d'),
  ...['late', 'lagging', 'stuck'].flatMap((condition) =>
    ranges(`differences?condition=${condition}`, { upTo: '7 d', detail: true }),
  ),
  ofRange('differences?peer_id={peer}', '7 d', true),
  ...ranges('clocks', { upTo: '7 d', detail: true }),
  ofRange('clocks?limit=1000', '7 d', true),
  ...ranges('hardware'),
  ...ranges('churn'),
  ofRange('churn?resolution=hour', '365 d'),
  ofRange('churn?resolution=minute', '7 d'),
  ...ranges('versions'),
  ofRange('versions?resolution=minute', '7 d'),
  ofRange('versions?resolution=hour', '365 d'),
];
