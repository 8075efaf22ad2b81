import { dashboard } from './model.js';
import { bars, figure, lines, sql, table } from './panels.js';
import * as chains from './sql/chain-over-time.js';
import { CHAIN_NAMES, NODE_NAMES } from './sql/choices.js';
import * as now from './sql/network-now.js';
import * as node from './sql/node-over-time.js';
import { amount, dataSource, found } from './variables.js';

const OF_THE_NODES = 'Of the nodes that are looked at, the newest report at each point.';

/** Each point is one step of the index for each node that is looked at. */
const POINTS = { points: 100, interval: '5s' };
/** For one node there may be more. */
const MANY_POINTS = { points: 400, interval: '5s' };

export const network = dashboard({
  uid: 'tetcore-network',
  title: 'Tetcore: network',
  description: 'What the nodes say of themselves and their chains. Read from PostgreSQL.',
  from: 'now-3h',
  refresh: '1m',
  variables: [
    dataSource('grafana-postgresql-datasource'),
    found(
      {
        name: 'chain',
        label: 'Chain',
        description: 'Of these chains the ten with the most nodes are drawn.',
        several: true,
      },
      CHAIN_NAMES,
    ),
    amount(
      {
        name: 'nodes',
        label: 'Nodes looked at',
        description: 'Of each chain so many nodes, drawn by lot. More are more exact, and cost as much more.',
      },
      [10, 50, 200, 1000],
      50,
    ),
    found(
      { name: 'node', label: 'Node', description: 'The node of the section "One node": of 1,000 by name.' },
      NODE_NAMES,
    ),
  ],
  sections: [
    {
      title: 'At the end of the range',
      panels: [
        figure({
          title: 'Nodes',
          description: 'Nodes that are connected, and those of them that were started as authorities.',
          unit: 'short',
          width: 5,
          height: 9,
          targets: sql('table', now.NODE_COUNT),
        }),
        table({
          title: 'Chains',
          description:
            'Nodes are counted. Heights are the median and peers the mean of the nodes that are looked at, as they reported within the last ten minutes.',
          unit: 'none',
          width: 19,
          units: { 'Last heard': 'dateTimeAsIso', 'Peers, mean': 'short' },
          targets: sql('table', now.CHAINS),
        }),
        bars({
          title: 'Versions',
          description: 'Nodes that are connected, by their software: the 20 that are most frequent.',
          unit: 'short',
          targets: sql('table', now.VERSIONS),
        }),
        table({
          title: 'Furthest behind',
          description:
            'The 20 nodes whose newest report is furthest below the median height of their chain, of the 2,000 connections that are newest. Below 0: ahead of it.',
          unit: 'none',
          width: 12,
          units: { 'Last heard': 'dateTimeAsIso' },
          targets: sql('table', now.BEHIND),
        }),
      ],
    },
    {
      title: 'Chains over time',
      panels: [
        lines({
          title: 'Best height',
          description: `The highest block that a node has imported, in the median: what one node says of itself moves it little. ${OF_THE_NODES}`,
          unit: 'none',
          ...POINTS,
          targets: sql('time_series', chains.BEST_HEIGHTS),
        }),
        lines({
          title: 'Finalized height',
          description: `The highest block that a node knows to be final, in the median. ${OF_THE_NODES}`,
          unit: 'none',
          ...POINTS,
          targets: sql('time_series', chains.FINALIZED_HEIGHTS),
        }),
        lines({
          title: 'Finality lag',
          description: `Blocks between the best and the last final one of a node, in the median. Where it grows, finality stands still. ${OF_THE_NODES}`,
          unit: 'short',
          min: 0,
          ...POINTS,
          targets: sql('time_series', chains.FINALITY_LAGS),
        }),
        lines({
          title: 'Block time',
          description:
            'The mean time between the first sights of blocks, from one point to the next, by the clock of the server, at the median height of the nodes that are looked at. Nothing while that does not grow.',
          unit: 's',
          min: 0,
          points: 100,
          interval: '1m',
          targets: sql('time_series', chains.BLOCK_TIMES),
        }),
        lines({
          title: 'Transactions in the pool',
          description: `Transactions that are ready, in the mean of the nodes. ${OF_THE_NODES}`,
          unit: 'short',
          min: 0,
          ...POINTS,
          targets: sql('time_series', chains.TRANSACTIONS),
        }),
        lines({
          title: 'Peers',
          description: `Peers that a node is connected to, in the mean. ${OF_THE_NODES}`,
          unit: 'short',
          min: 0,
          ...POINTS,
          targets: sql('time_series', chains.MEAN_PEERS),
        }),
        lines({
          title: 'Bandwidth of a node',
          description: `What a node sends to its peers and gets from them, in the mean. ${OF_THE_NODES}`,
          unit: 'Bps',
          min: 0,
          ...POINTS,
          targets: sql('time_series', chains.MEAN_BANDWIDTHS),
        }),
        lines({
          title: 'Connected nodes',
          description:
            'Nodes on open connections at the end of each interval; one that is connected twice counts twice. Of all nodes.',
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
          description: 'Its best and its last final block, as it says.',
          unit: 'none',
          ...MANY_POINTS,
          targets: sql('time_series', node.NODE_HEIGHTS),
        }),
        lines({
          title: 'Peers of the node',
          description: 'Peers that it is connected to.',
          unit: 'short',
          min: 0,
          ...MANY_POINTS,
          targets: sql('time_series', node.NODE_PEERS),
        }),
        lines({
          title: 'Bandwidth of the node',
          description: 'What it sends to its peers and gets from them.',
          unit: 'Bps',
          min: 0,
          ...MANY_POINTS,
          targets: sql('time_series', node.NODE_BANDWIDTH),
        }),
        lines({
          title: 'Transactions in the pool of the node',
          description: 'Transactions that are ready.',
          unit: 'short',
          min: 0,
          ...MANY_POINTS,
          targets: sql('time_series', node.NODE_TRANSACTIONS),
        }),
      ],
    },
    {
      title: 'What was not heard',
      panels: [
        lines({
          title: 'Connections that ended',
          description:
            'By why they ended, in each interval. Many at once are a restart of a server, or of what stands in between.',
          unit: 'short',
          min: 0,
          stacked: true,
          points: 300,
          targets: sql('time_series', chains.ENDED_CONNECTIONS),
        }),
        table({
          title: 'Times in which a server did not see its nodes',
          description:
            'What nodes sent to this server then is missing. `down`: it did not run; `paused`: it was full, and did not read; `sockets_lost`: half of its sockets or more ended at once. Without an end it goes on, or the server never came back.',
          unit: 'none',
          width: 12,
          height: 8,
          units: { From: 'dateTimeAsIso', To: 'dateTimeAsIso', Length: 's' },
          targets: sql('table', now.GAPS),
        }),
        table({
          title: 'Servers',
          description:
            'Server processes of the range. One that was killed has not stopped; when it was last seen counts.',
          unit: 'none',
          units: { Started: 'dateTimeAsIso', 'Last seen': 'dateTimeAsIso', Stopped: 'dateTimeAsIso' },
          targets: sql('table', now.COLLECTORS),
        }),
      ],
    },
  ],
});
