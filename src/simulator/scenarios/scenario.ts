import { SOFTWARE_NAMES } from '../nodes/software.js';
import { chain, share } from './chain-fields.js';
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
import { troubles } from './trouble-fields.js';

const VERBOSITIES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

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
  /** Which imports of blocks nodes report: `best` of those that become their best block, and the share while they catch up. */
  imports: optional(
    object({ reported: optional(oneOf('all', 'best'), 'all'), synced: optional(share, 1) }),
    {},
  ),
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
  ...troubles,
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
  falseHeights: optional(share, 0),
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
