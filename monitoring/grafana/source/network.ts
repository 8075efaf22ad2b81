import { dashboard } from './model.js';
import { bars, lines, sql, stat, table } from './panels.js';
import * as chains from './sql/chain-over-time.js';
import { CHAIN_NAMES, NODE_NAMES } from './sql/choices.js';
import * as now from './sql/network-now.js';
import { BLOCK_TIME_OF_CHAINS, LAG_OF_CHAINS } from './sql/past.js';
import * as node from './sql/node-over-time.js';
import { customVariable, dataSource, queryVariable } from './variables.js';

const OF_THE_NODES = 'From the newest report of each sampled node in each interval.';

/** Each point costs one index lookup for each sampled node. */
const POINTS = { points: 100, interval: '5s' };
/** A single node allows more points. */
const MANY_POINTS = { points: 400, interval: '5s' };

const FROM_STATISTICS =
  'From the statistics of minutes, hours or days, which all nodes count in. Empty before they begin.';
/** As in the dashboard of history. */
const STATISTICS = { points: 1500, interval: '1m' };

export const network = dashboard({
  uid: 'tetcore-network',
  title: 'Tetcore: network',
  description: 'Nodes and chains, as nodes report them. Data source: PostgreSQL.',
  from: 'now-3h',
  refresh: '1m',
  variables: [
    dataSource('grafana-postgresql-datasource'),
    queryVariable(
      {
        name: 'chain',
        label: 'Chain',
        description: 'The charts show the ten of these chains that have the most nodes.',
        several: true,
      },
      CHAIN_NAMES,
    ),
    customVariable(
      {
        name: 'nodes',
        label: 'Sampled nodes',
        description:
          'Number of nodes in the random sample of each chain. More nodes give more exact results and slower queries.',
      },
      [10, 50, 200, 1000],
      50,
    ),
    queryVariable(
      {
        name: 'node',
        label: 'Node',
        description: 'The node of the section "One node". The list has up to 1,000 nodes by name.',
      },
      NODE_NAMES,
    ),
  ],
  sections: [
    {
      title: 'At the end of the time range',
      panels: [
        stat({
          title: 'Nodes',
          description: 'Connected nodes, and how many of them run as authorities.',
          unit: 'short',
          width: 5,
          height: 9,
          targets: sql('table', now.NODE_COUNT),
        }),
        table({
          title: 'Chains',
          description:
            'Nodes: count of connected nodes. Heights (median) and peers (mean): from reports of the sampled nodes within the last ten minutes.',
          unit: 'none',
          width: 19,
          units: { 'Last message': 'dateTimeAsIso', 'Peers, mean': 'short' },
          targets: sql('table', now.CHAINS),
        }),
        bars({
          title: 'Versions',
          description: 'Connected nodes by software: the 20 most frequent versions.',
          unit: 'short',
          targets: sql('table', now.VERSIONS),
        }),
        table({
          title: 'Furthest behind',
          description:
            'The 20 nodes with the lowest height relative to the median of their chain, among the newest 2,000 connections. Negative values: ahead of the median.',
          unit: 'none',
          width: 12,
          units: { 'Last message': 'dateTimeAsIso' },
          targets: sql('table', now.BEHIND),
        }),
      ],
    },
    {
      title: 'Chains over time',
      panels: [
        lines({
          title: 'Best height',
          description: `Median of the highest imported block. A single wrong report hardly changes it. ${OF_THE_NODES}`,
          unit: 'none',
          ...POINTS,
          targets: sql('time_series', chains.BEST_HEIGHTS),
        }),
        lines({
          title: 'Finalized height',
          description: `Median of the highest finalized block. ${OF_THE_NODES}`,
          unit: 'none',
          ...POINTS,
          targets: sql('time_series', chains.FINALIZED_HEIGHTS),
        }),
        lines({
          title: 'Finality lag',
          description: `Number of blocks between the best and the finalized block of a node: the median of the nodes within ten blocks of the median height. It grows while finality is stalled. ${FROM_STATISTICS}`,
          unit: 'short',
          min: 0,
          ...STATISTICS,
          targets: sql('time_series', LAG_OF_CHAINS),
        }),
        lines({
          title: 'Block time',
          description: `Median time from the first arrival of a height at any node to that of the next. Empty while the height does not grow. ${FROM_STATISTICS}`,
          unit: 's',
          min: 0,
          ...STATISTICS,
          targets: sql('time_series', BLOCK_TIME_OF_CHAINS),
        }),
        lines({
          title: 'Transactions in the pool',
          description: `Mean number of ready transactions. ${OF_THE_NODES}`,
          unit: 'short',
          min: 0,
          ...POINTS,
          targets: sql('time_series', chains.TRANSACTIONS),
        }),
        lines({
          title: 'Peers',
          description: `Mean number of connected peers. ${OF_THE_NODES}`,
          unit: 'short',
          min: 0,
          ...POINTS,
          targets: sql('time_series', chains.MEAN_PEERS),
        }),
        lines({
          title: 'Bandwidth of a node',
          description: `Mean upload to peers and download from peers. ${OF_THE_NODES}`,
          unit: 'Bps',
          min: 0,
          ...POINTS,
          targets: sql('time_series', chains.MEAN_BANDWIDTHS),
        }),
        lines({
          title: 'Connected nodes',
          description:
            'Open connections at the end of each interval, of all nodes. A node that is connected twice counts twice.',
          unit: 'short',
          min: 0,
          points: 300,
          targets: sql('time_series', chains.CONNECTED_NODES),
        }),
      ],
    },
    {
      title: 'One node',
      panels: [
        lines({
          title: 'Heights of the node',
          description: 'Best and finalized block, as the node reports them.',
          unit: 'none',
          ...MANY_POINTS,
          targets: sql('time_series', node.NODE_HEIGHTS),
        }),
        lines({
          title: 'Peers of the node',
          description: 'Connected peers.',
          unit: 'short',
          min: 0,
          ...MANY_POINTS,
          targets: sql('time_series', node.NODE_PEERS),
        }),
        lines({
          title: 'Bandwidth of the node',
          description: 'Upload to peers and download from peers.',
          unit: 'Bps',
          min: 0,
          ...MANY_POINTS,
          targets: sql('time_series', node.NODE_BANDWIDTH),
        }),
        lines({
          title: 'Transactions in the pool of the node',
          description: 'Ready transactions.',
          unit: 'short',
          min: 0,
          ...MANY_POINTS,
          targets: sql('time_series', node.NODE_TRANSACTIONS),
        }),
      ],
    },
    {
      title: 'Gaps',
      panels: [
        lines({
          title: 'Ended connections',
          description:
            'By end reason, per interval. Many at once indicate a restart of a server or of a proxy.',
          unit: 'short',
          min: 0,
          stacked: true,
          points: 300,
          targets: sql('time_series', chains.ENDED_CONNECTIONS),
        }),
        table({
          title: 'Observation gaps',
          description:
            'Messages that nodes sent to this server during a gap are missing. `down`: the server did not run; `paused`: the queue was full and the server did not read; `sockets_lost`: at least half of the sockets ended at once. A gap without an end is still open, or the server never restarted.',
          unit: 'none',
          width: 12,
          height: 8,
          units: { From: 'dateTimeAsIso', To: 'dateTimeAsIso', Length: 's' },
          targets: sql('table', now.GAPS),
        }),
        table({
          title: 'Servers',
          description:
            'Server processes in the time range. A killed process has no stop time; its last heartbeat counts.',
          unit: 'none',
          units: { Started: 'dateTimeAsIso', 'Last seen': 'dateTimeAsIso', Stopped: 'dateTimeAsIso' },
          targets: sql('table', now.COLLECTORS),
        }),
      ],
    },
  ],
});
