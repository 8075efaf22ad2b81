import { LONG, REPORTED, SHORT, YEAR_CHAIN } from '../support/year-of-messages.js';

/** What requests are about. */
export interface PlannedWorld {
  /** The time that many days before the newest messages: RFC 3339. */
  daysAgo: (days: number) => string;
  /** The cursor of a message that old. */
  cursorOf: (days: number) => string;
  /** The id of the newest connection of {@link SHORT}. */
  connection: number;
  /** The ids of benchmarks: with bounds, with bounds and events, and without either. */
  benchmarks: { bounded: number; withEvents: number; unbounded: number };
}

/** Buffers of 8 KiB that the statements of a request may touch in a new session. */
export interface MaxBuffers {
  execution: number;
  planning: number;
}

/** A request, whose plans are checked. */
export interface PlannedRequest {
  /** As in the OpenAPI document. */
  route: string;
  /** What is special about its parameters. */
  shape: string;
  path: (world: PlannedWorld) => string;
  max?: Partial<MaxBuffers>;
}

/** Twice what most requests need. Much of the planning is the catalogue, which a session reads once. */
export const DEFAULT_MAX: MaxBuffers = { execution: 200, planning: 7_000 };
/** Of a statement whose times are those of connections: the planner opens each partition, execution few of them. */
const PLANS_ALL = { planning: 75_000 };
/** The same, and new reports are searched for in each partition. */
const FINDS_NEW_REPORTS = { execution: 3_500, planning: 75_000 };

const chain = YEAR_CHAIN.genesisHash;
const name = YEAR_CHAIN.name;

const ofNode =
  (route: string, peerId: string, more: (world: PlannedWorld) => Record<string, string> = () => ({})) =>
  (world: PlannedWorld): string =>
    withQuery(route, { peer_id: peerId, ...more(world) });

const fixed = (path: string) => (): string => path;

const between =
  (first: number, last: number) =>
  ({ daysAgo }: PlannedWorld): Record<string, string> => ({
    start_time: daysAgo(first),
    end_time: daysAgo(last),
  });

export function withQuery(path: string, parameters: Record<string, string>): string {
  return `${path}?${new URLSearchParams(parameters).toString()}`;
}

type Shape = [shape: string, path: PlannedRequest['path'], max?: Partial<MaxBuffers>];

const shapesOf = (route: string, shapes: readonly Shape[]): PlannedRequest[] =>
  shapes.map(([shape, path, max]) => ({ route, shape, path, ...(max && { max }) }));

const LOGS = '/nodes/logs';
const STATS = '/nodes/log_stats';
const COUNTS = '/nodes/peer_counts';

/** Each shape of the parameters of each route that reads messages or connections. */
export const REQUESTS: readonly PlannedRequest[] = [
  ...shapesOf(LOGS, [
    ['newest page', ofNode(LOGS, SHORT, () => ({ limit: '10' }))],
    ['oldest page', ofNode(LOGS, SHORT, () => ({ limit: '10', order: 'asc' }))],
    ['newest page of a year', ofNode(LOGS, LONG, () => ({ limit: '10' }))],
    ['oldest page of a year', ofNode(LOGS, LONG, () => ({ limit: '10', order: 'asc' }))],
    ['two days of a year', ofNode(LOGS, LONG, between(202, 200))],
    [
      'two days of a year, oldest first',
      ofNode(LOGS, LONG, (world) => ({ ...between(202, 200)(world), order: 'asc' })),
    ],
    [
      'two days of a frequent type',
      ofNode(LOGS, LONG, (world) => ({ ...between(202, 200)(world), msg: 'block.import' })),
    ],
    ['a rare type', ofNode(LOGS, SHORT, () => ({ msg: 'system.network_state', limit: '10' }))],
    ['a type without a number', ofNode(LOGS, SHORT, () => ({ msg: 'team.custom', limit: '10' }))],
    ['a type that the node never sent', ofNode(LOGS, SHORT, () => ({ msg: 'afg.finalized', limit: '10' }))],
    ['a target', ofNode(LOGS, SHORT, () => ({ target: 'pallet', limit: '10' }))],
    [
      'the page after a cursor',
      ofNode(LOGS, LONG, ({ cursorOf }) => ({ cursor: cursorOf(200), limit: '10' })),
    ],
    [
      'the page after a cursor, oldest first',
      ofNode(LOGS, LONG, ({ cursorOf }) => ({ cursor: cursorOf(200), order: 'asc', limit: '10' })),
    ],
    ['a chain', ofNode(LOGS, SHORT, () => ({ chain, limit: '10' }))],
    ['a chain by its name', ofNode(LOGS, SHORT, () => ({ chain: name, limit: '10' }))],
    ['an export of four connections', ofNode(LOGS, SHORT, () => ({ format: 'ndjson' }))],
    ['an export of four connections as CSV', ofNode(LOGS, SHORT, () => ({ format: 'csv', raw: 'true' }))],
    [
      'an export of a year',
      ofNode(LOGS, LONG, () => ({ format: 'ndjson' })),
      { execution: 2_500, ...PLANS_ALL },
    ],
    ['one message', ofNode(LOGS, LONG, () => ({ limit: '1' }))],
    [
      'two days of a target',
      ofNode(LOGS, LONG, (world) => ({ ...between(202, 200)(world), target: 'pallet' })),
    ],
    ['a type without a number that no node sent', ofNode(LOGS, SHORT, () => ({ msg: 'team.unheard' }))],
    ['an unknown node', ofNode(LOGS, 'QmUnknown')],
  ]),
  ...shapesOf(STATS, [
    ['four connections', ofNode(STATS, SHORT), PLANS_ALL],
    ['two days of a year', ofNode(STATS, LONG, between(202, 200))],
    ['from a time on', ofNode(STATS, LONG, ({ daysAgo }) => ({ start_time: daysAgo(2) }))],
    ['a year', ofNode(STATS, LONG), { execution: 4_000, ...PLANS_ALL }],
    ['a chain', ofNode(STATS, SHORT, () => ({ chain })), PLANS_ALL],
  ]),
  ...shapesOf(COUNTS, [
    ['newest page', ofNode(COUNTS, SHORT, () => ({ limit: '10' }))],
    ['newest page of a year', ofNode(COUNTS, LONG, () => ({ limit: '10' }))],
    [
      'two days of a year, oldest first',
      ofNode(COUNTS, LONG, (world) => ({ ...between(202, 200)(world), order: 'asc' })),
    ],
    [
      'the page after a cursor',
      ofNode(COUNTS, LONG, ({ cursorOf }) => ({ cursor: cursorOf(200), limit: '10' })),
    ],
    ['a chain', ofNode(COUNTS, SHORT, () => ({ chain, limit: '10' }))],
  ]),
  ...shapesOf('/nodes', [
    ['all', fixed('/nodes')],
    ['a page', fixed('/nodes?limit=2')],
    ['after a node', fixed(`/nodes?limit=2&cursor=${LONG}`)],
    ['connected ones', fixed('/nodes?connected=true')],
    ['offline ones', fixed('/nodes?status=offline')],
    ['a chain', fixed(`/nodes?chain=${chain}`)],
    [
      'every filter',
      fixed(`/nodes?chain=${name}&name=qm&version=1&authority=true&connected=true&status=silent`),
    ],
  ]),
  ...shapesOf('/nodes/{peer_id}', [
    ['four connections', fixed(`/nodes/${SHORT}`), PLANS_ALL],
    ['a connection of a year', fixed(`/nodes/${LONG}`), PLANS_ALL],
    ['a chain', fixed(`/nodes/${SHORT}?chain=${chain}`), PLANS_ALL],
  ]),
  ...shapesOf('/nodes/{peer_id}/connections', [
    ['four connections', fixed(`/nodes/${SHORT}/connections`), PLANS_ALL],
    [
      'the page after a connection',
      ({ connection }) => `/nodes/${SHORT}/connections?limit=1&cursor=${connection.toString()}`,
      PLANS_ALL,
    ],
    ['a chain', fixed(`/nodes/${SHORT}/connections?chain=${chain}`), PLANS_ALL],
  ]),
  ...shapesOf('/reputation', [
    ['default age', fixed('/reputation'), PLANS_ALL],
    ['an hour', fixed('/reputation?max_age_s=3600'), PLANS_ALL],
    ['two weeks', fixed('/reputation?max_age_s=1209600&limit=1'), PLANS_ALL],
  ]),
  ...shapesOf('/reputation/logged', [
    ['default age', fixed('/reputation/logged'), PLANS_ALL],
    ['two weeks', fixed('/reputation/logged?max_age_s=1209600'), PLANS_ALL],
  ]),
  ...shapesOf('/reputation/{peer_id}', [
    ['newest page', fixed(`/reputation/${REPORTED}?limit=5`), FINDS_NEW_REPORTS],
    ['an age', fixed(`/reputation/${REPORTED}?max_age_s=86400`), FINDS_NEW_REPORTS],
    [
      'two days',
      (world) => withQuery(`/reputation/${REPORTED}`, between(202, 200)(world)),
      FINDS_NEW_REPORTS,
    ],
    [
      'a peer that no report contains',
      (world) => withQuery('/reputation/QmUnknown', between(30, 0)(world)),
      FINDS_NEW_REPORTS,
    ],
    ['a year', fixed(`/reputation/${REPORTED}?limit=1000`), { ...FINDS_NEW_REPORTS, execution: 6_500 }],
  ]),
  ...shapesOf('/benchmarks/{id}/profile', [
    ['two days', ({ benchmarks }) => `/benchmarks/${benchmarks.bounded.toString()}/profile`],
    ['a target', ({ benchmarks }) => `/benchmarks/${benchmarks.bounded.toString()}/profile?target=pallet`],
    ['an event', ({ benchmarks }) => `/benchmarks/${benchmarks.withEvents.toString()}/profile?event=sync`],
    [
      'from its creation until now',
      ({ benchmarks }) => `/benchmarks/${benchmarks.unbounded.toString()}/profile`,
    ],
  ]),
  ...shapesOf('/benchmarks/{id}/targets', [
    ['two days', ({ benchmarks }) => `/benchmarks/${benchmarks.bounded.toString()}/targets`],
    [
      'all that a node sent',
      ({ benchmarks }) => `/benchmarks/${benchmarks.unbounded.toString()}/targets`,
      { execution: 1_600, ...PLANS_ALL },
    ],
  ]),
  ...shapesOf('/benchmarks/compare', [
    [
      'two days each',
      ({ benchmarks: { bounded, withEvents } }) =>
        `/benchmarks/compare?base=${bounded.toString()}&head=${withEvents.toString()}`,
    ],
  ]),
  ...shapesOf('/network', [['all chains', fixed('/network'), PLANS_ALL]]),
  ...shapesOf('/network/{chain}', [
    ['a chain', fixed(`/network/${chain}`), PLANS_ALL],
    ['a chain by its name', fixed(`/network/${name}?limit=1`)],
  ]),
  ...shapesOf('/chains', [['all', fixed('/chains')]]),
  ...shapesOf('/chains/{chain}/differences', [
    ['a day', fixed(`/chains/${chain}/differences?peer_id=${SHORT}`)],
  ]),
  ...shapesOf('/chains/{chain}/hardware', [['a day', fixed(`/chains/${chain}/hardware`)]]),
  ...shapesOf('/chains/{chain}/propagation', [
    ['by label', fixed(`/chains/${chain}/propagation?group_by=label`)],
  ]),
  ...shapesOf('/nodes/{peer_id}/availability', [
    ['a day', fixed(`/nodes/${SHORT}/availability`), PLANS_ALL],
    [
      'a month of a chain',
      (world) => withQuery(`/nodes/${SHORT}/availability`, { ...between(30, 0)(world), chain }),
      PLANS_ALL,
    ],
  ]),
];

/** A route that reads neither messages nor connections. */
export interface FreeRoute {
  route: string;
  why: string;
  /** It shows that it is so. */
  path: (world: PlannedWorld) => string;
  /** 200 by default. */
  status?: number;
}

const STATISTICS = 'reads statistics, which are small and outlive the messages';
const ofChain = (route: string, query = ''): FreeRoute => ({
  route: `/chains/{chain}/${route}`,
  why: STATISTICS,
  path: fixed(`/chains/${chain}/${route}${query}`),
});

const BENCHMARKS = 'reads the small tables of benchmarks';
const IN_MEMORY = 'is answered from the memory of the process';

export const FREE_ROUTES: readonly FreeRoute[] = [
  ofChain('clocks'),
  ofChain('connectivity'),
  ofChain('stuck'),
  ofChain('events'),
  ofChain('forks'),
  ofChain('arrivals'),
  ofChain('blocks'),
  {
    route: '/chains/{chain}/blocks/{block}',
    why: STATISTICS,
    path: fixed(`/chains/${chain}/blocks/22`),
    status: 404,
  },
  ofChain('finality'),
  ofChain('production'),
  ofChain('availability'),
  ofChain('versions'),
  ofChain('churn'),
  { route: '/gaps', why: STATISTICS, path: fixed('/gaps') },
  { route: '/stats/db', why: 'reads the catalogue: the sizes of all tables', path: fixed('/stats/db') },
  { route: '/host_systems', why: BENCHMARKS, path: fixed('/host_systems') },
  { route: '/host_systems/{id}', why: BENCHMARKS, path: fixed('/host_systems/1') },
  { route: '/benchmarks', why: BENCHMARKS, path: fixed('/benchmarks') },
  {
    route: '/benchmarks/{id}',
    why: BENCHMARKS,
    path: ({ benchmarks }) => `/benchmarks/${benchmarks.bounded.toString()}`,
  },
  {
    route: '/benchmarks/{id}/events',
    why: BENCHMARKS,
    path: ({ benchmarks }) => `/benchmarks/${benchmarks.withEvents.toString()}/events`,
  },
  { route: '/benchmarks/example', why: IN_MEMORY, path: fixed('/benchmarks/example') },
  { route: '/', why: IN_MEMORY, path: fixed('/') },
  { route: '/stats/version', why: IN_MEMORY, path: fixed('/stats/version') },
  { route: '/health/live', why: IN_MEMORY, path: fixed('/health/live') },
  { route: '/health/ready', why: IN_MEMORY, path: fixed('/health/ready') },
  { route: '/metrics', why: IN_MEMORY, path: fixed('/metrics') },
];
