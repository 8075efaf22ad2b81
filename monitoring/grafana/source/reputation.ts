import { dashboard } from './model.js';
import { figure, lines, sql, table } from './panels.js';
import { CHAIN_NAMES, nodeNamesWith } from './sql/choices.js';
import * as reputations from './sql/reputation.js';
import { amount, dataSource, found } from './variables.js';

const LAST = 'As the nodes that are looked at said last within the range.';
/** Each point takes some milliseconds. */
const POINTS = { points: 50, interval: '30s' };

export const reputation = dashboard({
  uid: 'tetcore-reputation',
  title: 'Tetcore: reputation',
  description: 'What nodes think of their peers, as they say in system.network_state. Read from PostgreSQL.',
  from: 'now-3h',
  refresh: '',
  variables: [
    dataSource('grafana-postgresql-datasource'),
    found(
      { name: 'chain', label: 'Chain', description: 'The chains whose nodes report.', several: true },
      CHAIN_NAMES,
    ),
    amount(
      {
        name: 'reporters',
        label: 'Nodes looked at',
        description:
          'So many of the nodes that report, drawn by lot. Each costs some milliseconds in each panel.',
      },
      [10, 30, 100, 500],
      30,
    ),
    found(
      {
        name: 'node',
        label: 'Node',
        description: 'The node of the section "One node": of those that have reported in the range.',
      },
      nodeNamesWith('system.network_state'),
    ),
  ],
  sections: [
    {
      title: 'Who thinks ill of whom',
      panels: [
        figure({
          title: 'Reports',
          description: `Nodes that are looked at, the peers that they know, and those peers that any of them thinks ill of. ${LAST}`,
          unit: 'short',
          width: 6,
          height: 10,
          targets: sql('table', reputations.REPORT_COUNT),
        }),
        table({
          title: 'Lowest reputations',
          description: `The 50 peers with the lowest reputation anywhere; names are known of those that have connected here. ${LAST}`,
          unit: 'short',
          width: 18,
          height: 10,
          targets: sql('table', reputations.LOWEST),
        }),
        table({
          title: 'By reporting node',
          description: `Those first that think ill of the most peers. ${LAST}`,
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
          title: 'Peers that it knows',
          description: 'Those that it knows, is connected to, and thinks ill of.',
          unit: 'short',
          min: 0,
          ...POINTS,
          targets: sql('time_series', reputations.PEERS_OF_NODE),
        }),
        lines({
          title: 'Reputations',
          description: 'The lowest, mean and highest reputation that it gives.',
          unit: 'short',
          ...POINTS,
          targets: sql('time_series', reputations.LEVELS_OF_NODE),
        }),
        lines({
          title: 'Its lowest peers',
          description: 'The ten peers that had the lowest reputation with it at any point.',
          unit: 'short',
          width: 24,
          ...POINTS,
          targets: sql('time_series', reputations.LOWEST_OF_NODE),
        }),
      ],
    },
  ],
});
