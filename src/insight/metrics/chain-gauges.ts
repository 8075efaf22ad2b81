import type { FactoryProvider, Provider } from '@nestjs/common';
import { getToken, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import type { Gauge } from 'prom-client';

/** The labels of every metric of a chain: its key in the table `chains`, and its name. */
const CHAIN_LABELS = ['chain', 'name'] as const;

interface Definition {
  metric: string;
  help: string;
  /** Beside those of the chain. */
  labels: readonly string[];
}

const define = (metric: string, help: string, ...labels: string[]): Definition => ({ metric, help, labels });

/** The metrics of chains. docs/metrics.md describes them. */
const GAUGES = {
  nodes: define('tetcore_chain_nodes', 'Nodes whose state counts, in the last minute.'),
  statusNodes: define('tetcore_chain_status_nodes', 'Nodes by status.', 'status'),
  lag: define('tetcore_chain_finality_lag_blocks', 'Blocks that are not final yet, by node.', 'quantile'),
  lagBound: define('tetcore_chain_finality_lag_bound_blocks', 'The finality_lag of INSIGHT_CHAINS_FILE.'),
  timeToFinality: define(
    'tetcore_chain_time_to_finality_seconds',
    'Time until a height was final at half of the nodes.',
    'quantile',
  ),
  bestAge: define('tetcore_chain_best_height_age_seconds', 'Time since the highest block was first seen.'),
  slot: define('tetcore_chain_slot_seconds', 'Length of a slot, or the usual block time.'),
  missing: define('tetcore_chain_missing_slots_ratio', 'Share of slots without a block in the last hour.'),
  openSpans: define('tetcore_chain_open_spans', 'Halts, stalls and troubled nodes at present.', 'kind'),
  propagation: define('tetcore_chain_propagation_seconds', 'Delay of blocks at nodes.', 'quantile'),
  usualPropagation: define(
    'tetcore_chain_usual_propagation_seconds',
    'The same in the same hour of the seven days before.',
    'quantile',
  ),
  peers: define('tetcore_chain_peers_ratio', 'Median of peers, divided by the most of the node.', 'quantile'),
  wrongClocks: define('tetcore_chain_wrong_clock_nodes', 'Nodes whose clock was wrong for an hour.', 'over'),
  ended: define('tetcore_chain_ended_ratio', 'Share of nodes whose connection ended in the last minute.'),
  restarting: define('tetcore_chain_restarting_nodes', 'Nodes that restarted three times in 15 minutes.'),
  orphans: define('tetcore_chain_orphan_ratio', 'Orphaned blocks by height in the last whole hour.'),
  usualOrphans: define('tetcore_chain_usual_orphan_ratio', 'The same in the seven days before.'),
  forkDepth: define(
    'tetcore_chain_fork_depth_blocks',
    'Blocks of the longest branch that lost, or is about to, in forks of the last ten minutes.',
  ),
  belowMinVersion: define('tetcore_chain_below_min_version_ratio', 'Share of nodes below min_version.', 'of'),
  minVersionAt: define('tetcore_chain_min_version_timestamp_seconds', 'When nodes must have min_version.'),
} as const;

export type ChainGauge = keyof typeof GAUGES;

/** A value of a metric of a chain; null if it is unknown. */
export interface Sample {
  gauge: ChainGauge;
  value: number | null;
  labels?: Readonly<Record<string, string>>;
}

/** The values of one chain. */
export interface ChainSamples {
  chain: string;
  name: string;
  samples: readonly Sample[];
}

const NAMES = Object.keys(GAUGES) as ChainGauge[];

/** The metrics of chains at present. Unknown values are absent, rather than 0. */
export class ChainGauges {
  constructor(private readonly gauges: Readonly<Record<ChainGauge, Gauge>>) {}

  /** Replaces all values. */
  show(chains: Iterable<ChainSamples>): void {
    for (const gauge of Object.values(this.gauges)) gauge.reset();
    for (const { chain, name, samples } of chains)
      for (const { gauge, value, labels } of samples)
        if (value !== null) this.gauges[gauge].set({ chain, name, ...labels }, value);
  }
}

const chainGauges: FactoryProvider<ChainGauges> = {
  provide: ChainGauges,
  inject: NAMES.map((name) => getToken(GAUGES[name].metric)),
  useFactory: (...gauges: Gauge[]) =>
    new ChainGauges(
      Object.fromEntries(NAMES.map((name, index) => [name, gauges[index]])) as Record<ChainGauge, Gauge>,
    ),
};

export const chainGaugeProviders: Provider[] = [
  ...Object.values(GAUGES).map(({ metric, help, labels }) =>
    makeGaugeProvider({ name: metric, help, labelNames: [...CHAIN_LABELS, ...labels] }),
  ),
  chainGauges,
];
