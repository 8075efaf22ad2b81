import { SOFTWARE_NAMES } from '../nodes/software.js';
import {
  integer,
  list,
  number,
  object,
  oneOf,
  optional,
  range,
  required,
  ScenarioError,
  text,
  weights,
} from './scenario-fields.js';

const share = number(0, 1);
const minutes = number(0, 10_000_000);
const VERBOSITIES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

/** An episode: start, duration, and interval of repetition; 0: once. */
const episode = object({
  afterMinutes: required(minutes),
  forMinutes: required(minutes),
  everyHours: optional(number(0, 100_000), 0),
});

const chain = object({
  name: required(text(100)),
  /** Makes its genesis hash another one than that of a chain with the same name. */
  salt: optional(text(100), ''),
  consensus: optional(oneOf('babe', 'aura'), 'babe'),
  /** How many sockets it has, against the other chains; 0: only nodes that share the socket of another chain's. */
  weight: optional(number(0, 1_000_000), 1),
  slotSeconds: optional(number(0.1, 3_600), 6),
  startHeight: optional(integer(0, 1_000_000_000), 1_000_000),
  /** The share of slots without a block, and of blocks that their author fails to import. */
  skippedSlots: optional(share, 0.05),
  failedBlocks: optional(share, 0),
  /** The share of nodes that may make blocks. */
  authors: optional(share, 0.25),
  forks: optional(
    object({
      /** The chance, with each block, that there is a rival at its height. */
      chance: optional(share, 0),
      /** How many blocks both branches get until one of them wins. */
      blocks: optional(range(integer(1, 50)), [1, 1]),
    }),
    {},
  ),
  finality: optional(
    object({
      /** How far below a new block the final one is, and how long after it. */
      blocks: optional(range(integer(1, 1_000)), [2, 3]),
      seconds: optional(range(number(0, 600)), [1, 2.5]),
      stalls: optional(list(episode, 0, 100), []),
      /** How many blocks at most are finalised at once, after a stall. */
      catchUpBlocks: optional(integer(1, 1_000_000), 64),
      /** How many votes of each kind a node hears in a round. */
      votes: optional(integer(0, 1_000), 2),
    }),
    {},
  ),
  authoritySet: optional(
    object({
      /** The share of the nodes that may make blocks which do so at a time. */
      active: optional(share, 1),
      /** 0: it never changes. */
      everyMinutes: optional(minutes, 0),
    }),
    {},
  ),
  transactions: optional(
    object({
      perSecond: optional(number(0, 10_000), 4),
      perBlock: optional(integer(0, 100_000), 40),
      burstChance: optional(share, 0),
      burst: optional(integer(0, 100_000), 0),
    }),
    {},
  ),
});

const latencyClass = object({
  weight: optional(number(0, 1_000_000), 1),
  /** The median of the time that blocks take to it, and the deviation of the logarithm. */
  medianMs: required(number(0, 600_000)),
  spread: optional(number(0, 5), 0.6),
});

const fields = object({
  description: optional(text(500), ''),
  nodes: optional(integer(1, 10_000), 20),
  /** The share of sockets that send to `/audit`. */
  audit: optional(share, 0.2),
  chains: optional(list(chain, 1, 50), [{ name: 'Simnet' }]),
  software: optional(weights(SOFTWARE_NAMES), { tetcore: 1 }),
  verbosity: optional(weights(VERBOSITIES), { '9': 1 }),
  latency: optional(list(latencyClass, 1, 20), [{ medianMs: 200 }]),
  reports: optional(
    object({
      intervalSeconds: optional(number(1, 86_400), 5),
      transactionsSeconds: optional(number(0.1, 86_400), 3),
      networkStateSeconds: optional(number(1, 864_000), 30),
    }),
    {},
  ),
  peers: optional(
    object({
      known: optional(integer(0, 20_000), 120),
      connected: optional(range(integer(0, 5_000)), [20, 28]),
      notConnected: optional(range(integer(0, 20_000)), [6, 12]),
      banned: optional(share, 0.02),
    }),
    {},
  ),
  traces: optional(
    object({
      blocks: optional(share, 1),
      calls: optional(range(integer(0, 1_000)), [1, 3]),
      events: optional(share, 0.2),
    }),
    {},
  ),
  sharedSockets: optional(
    object({
      /** The share of the sockets of nested builds that carry several nodes, and how many. */
      share: optional(share, 0),
      nodes: optional(range(integer(2, 20)), [2, 5]),
    }),
    {},
  ),
  lagging: optional(
    object({
      /** The share of nodes that begin behind the others. */
      atStart: optional(share, 0),
      /** The share of nodes that fall behind again and again. */
      share: optional(share, 0),
      everyMinutes: optional(number(0.1, 10_000_000), 60),
      blocks: optional(range(integer(1, 100_000)), [5, 40]),
    }),
    {},
  ),
  reconnecting: optional(
    object({
      /** The share of sockets that are lost again and again, how often, and how long until they are back. */
      share: optional(share, 0),
      everyMinutes: optional(number(0.1, 10_000_000), 60),
      awaySeconds: optional(range(number(0.1, 10_000_000)), [5, 60]),
      /** The share of those times at which the process starts anew. */
      restarts: optional(share, 0.2),
    }),
    {},
  ),
  /** When the collector is lost, and for how long: no socket is open then. */
  outages: optional(list(episode, 0, 100), []),
  wrongClocks: optional(
    object({
      /** The share of machines whose clock is ahead or behind by more than 300 ms, and by how much. */
      share: optional(share, 0),
      seconds: optional(range(number(0.3, 315_360_000)), [2, 94_608_000]),
    }),
    {},
  ),
  changingIds: optional(
    object({
      /** The share of the sockets of nested builds whose nodes take new ids again and again, and greet under them. */
      share: optional(share, 0),
      everySeconds: optional(number(0.1, 10_000_000), 10),
    }),
    {},
  ),
  changingIdentity: optional(
    object({
      /** The share of sockets whose nodes greet as others again and again, under the id that they have. */
      share: optional(share, 0),
      everyMinutes: optional(number(0.01, 10_000_000), 10),
    }),
    {},
  ),
  /** The share of nodes that are connected twice. */
  duplicates: optional(share, 0),

  /** The share of sockets whose nodes are given a second URL of the server: over it comes their greeting alone. */
  urlsGivenTwice: optional(share, 0),
  /** The share of nodes that have the peer id of another node of their chain, and a name and a start of their own. */
  copiedKeys: optional(share, 0),
  /** The share of nodes that send no genesis hash, though their build does. */
  withoutGenesis: optional(share, 0),
  /** The share of nodes whose blocks all have the height 2^53 - 1, also those that are final. */
  liars: optional(share, 0),
});

/** A scenario with all fields. */
export type Scenario = ReturnType<typeof fields>;
export type ChainPlan = Scenario['chains'][number];

/** Identifies a chain: its name, and its salt if there is one. */
export function chainId({ name, salt }: Pick<ChainPlan, 'name' | 'salt'>): string {
  return salt === '' ? name : `${name}\0${salt}`;
}

/** A scenario file: any of the fields of a scenario, at any depth. */
export type ScenarioFile = Partially<Scenario>;

type Partially<T> = T extends readonly [unknown, unknown]
  ? T
  : T extends readonly (infer E)[]
    ? readonly Partially<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Partially<T[K]> }
      : T;

/**
 * Validates a scenario and adds defaults.
 *
 * @throws ScenarioError with the first invalid field
 */
export function readScenario(value: unknown): Scenario {
  const scenario = fields(value, '');
  const ids = scenario.chains.map(chainId);
  const twice = scenario.chains.find((plan, index) => ids.indexOf(chainId(plan)) !== index);
  if (twice !== undefined)
    throw new ScenarioError('chains', `has the name ${twice.name} twice with the same salt`);
  if (scenario.chains.every(({ weight }) => weight === 0))
    throw new ScenarioError('chains', 'must have at least one chain with a weight above 0');
  return scenario;
}
