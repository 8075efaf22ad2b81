import { dashboard } from './model.js';
import { lines, sql, stat, table } from './panels.js';
import { CHAIN_NAMES, nodeNamesWith } from './sql/choices.js';
import * as reputations from './sql/reputation.js';
import { customVariable, dataSource, queryVariable } from './variables.js';

const LAST = 'From the latest report of each sampled node in the time range.';
/** Each point costs some milliseconds. */
const POINTS = { points: 50, interval: '30s' };

export const reputation = dashboard({
  uid: 'tetcore-reputation',
  title: 'Tetcore: reputation',
  description: 'Reputations of peers as nodes report them in system.network_state. Data source: PostgreSQL.',
  from: 'now-3h',
  refresh: '',
  variables: [
    dataSource('grafana-postgresql-datasource'),
    queryVariable(
      {
        name: 'chain',
        label: 'Chain',
        description: 'Limits the reports to nodes of these chains.',
        several: true,
      },
      CHAIN_NAMES,
    ),
    customVariable(
      {
        name: 'reporters',
        label: 'Sampled nodes',
        description:
          'Number of reporting nodes in the random sample. Each node costs some milliseconds in each panel.',
      },
      [10, 30, 100, 500],
      30,
    ),
    queryVariable(
      {
        name: 'node',
        label: 'Node',
        description:
          'The node of the section "One node": a node that reported reputations in the time range.',
      },
      nodeNamesWith('system.network_state'),
    ),
  ],
  sections: [
    {
      title: 'Reported reputation',
      panels: [
        stat({
          title: 'Reports',
          description: `Sampled nodes, the peers that they know, and the peers with a reputation below 0 at any of them. ${LAST}`,
          unit: 'short',
          width: 6,
          height: 10,
          targets: sql('table', reputations.REPORT_COUNT),
        }),
        table({
          title: 'Lowest reputations',
          description: `The 50 peers with the lowest reputation. Names are available for peers that have connected to this server. ${LAST}`,
          unit: 'short',
          width: 18,
          height: 10,
          targets: sql('table', reputations.LOWEST),
        }),
        table({
          title: 'By reporting node',
          description: `Sorted by the number of peers with a reputation below 0. ${LAST}`,
          unit: 'short',
          height: 10,
          units: { Reported: 'dateTimeAsIso' },
          targets: sql('table', reputations.REPORTERS),
        }),
      ],
    },
    {
      title: 'One node',
      panels: [
        lines({
          title: 'Known peers',
          description: 'Known peers, connected peers, and peers with a reputation below 0.',
          unit: 'short',
          min: 0,
          ...POINTS,
          targets: sql('time_series', reputations.PEERS_OF_NODE),
        }),
        lines({
          title: 'Reputations',
          description: 'Lowest, mean and highest reputation that the node reports.',
          unit: 'short',
          ...POINTS,
          targets: sql('time_series', reputations.LEVELS_OF_NODE),
        }),
        lines({
          title: 'Peers with the lowest reputation',
          description: 'The ten peers with the lowest reputation at any time in the time range.',
          unit: 'short',
          width: 24,
          ...POINTS,
          targets: sql('time_series', reputations.LOWEST_OF_NODE),
        }),
      ],
    },
  ],
});
