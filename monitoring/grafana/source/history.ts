import { dashboard } from './model.js';
import { bars, lines, regions, sql, table } from './panels.js';
import * as past from './sql/past.js';
import { dataSource, queryVariable } from './variables.js';

/** Up to about three days in minutes, up to about three months in hours, otherwise in days. */
const POINTS = { points: 1500, interval: '1m' };
const HOURS = { points: 1500, interval: '1h' };
const DAYS = { points: 1500, interval: '1d' };
const MERGED = 'Of hours and days merged from bins: wrong by at most 20 % above 10 ms.';
const OF_NODES = 'From all nodes of the chain, not from a sample.';

export const history = dashboard({
  uid: 'tetcore-history',
  title: 'Tetcore: history of a chain',
  description:
    'Finality, propagation, forks, uptime and versions of a chain, for hours or years. Grey regions: what the servers did not see. Red regions: halts and stalls of finality. Data source: PostgreSQL.',
  from: 'now-24h',
  refresh: '',
  variables: [
    dataSource('grafana-postgresql-datasource'),
    queryVariable(
      { name: 'chain', label: 'Chain', description: 'A chain that ever reported.' },
      past.CHAINS_OF_THE_PAST,
    ),
  ],
  annotations: [
    regions('Not seen', 'rgba(140, 140, 140, 0.6)', past.GAP_REGIONS),
    regions('Halts and stalls', 'rgba(224, 47, 68, 0.6)', past.HALT_REGIONS),
  ],
  sections: [
    {
      title: 'What the numbers stand on',
      panels: [
        lines({
          title: 'Known time',
          description:
            'Share of the time in which the servers received data: outside of gaps, and of a minute after each. Do not trust what is drawn where it is below 50 %. Time before the first server counts as known.',
          unit: 'percentunit',
          min: 0,
          height: 6,
          points: 400,
          interval: '1m',
          targets: sql('time_series', past.KNOWN_TIME),
        }),
        lines({
          title: 'Reporting nodes',
          description: 'Nodes that reported their state. Of hours and days, the most of a minute.',
          unit: 'short',
          min: 0,
          height: 6,
          ...POINTS,
          targets: sql('time_series', past.NODES),
        }),
      ],
    },
    {
      title: 'Finality and production',
      panels: [
        lines({
          title: 'Blocks that are not final',
          description: `Blocks between the best and the final one of a node: the median and 90 % of the nodes within ten blocks of the median height. Of hours and days, the medians of their minutes. ${OF_NODES}`,
          unit: 'short',
          min: 0,
          ...POINTS,
          targets: sql('time_series', past.LAG),
        }),
        lines({
          title: 'Time to finality',
          description:
            'From the first arrival of a block until half of its expected nodes had reported its height as final: the median, and 90 % of the heights that became final. Empty while none does.',
          unit: 'ms',
          min: 0,
          ...POINTS,
          targets: sql('time_series', past.TIME_TO_FINALITY),
        }),
        lines({
          title: 'Block time, by first arrival',
          description: 'From the first arrival of a height to that of the next: the median and 95 %.',
          unit: 'ms',
          min: 0,
          ...POINTS,
          targets: sql('time_series', past.BLOCK_TIME),
        }),
        table({
          title: 'Halts, and stalls of finality',
          description:
            '`halt`: no new height for five usual block times. `finality_stall`: no new final height for a minute or five usual block times, while blocks came. Without an end, it lasts.',
          unit: 'none',
          width: 12,
          height: 8,
          units: { From: 'dateTimeAsIso', To: 'dateTimeAsIso', Length: 's' },
          targets: sql('table', past.HALTS),
        }),
      ],
    },
    {
      title: 'Propagation and forks',
      panels: [
        lines({
          title: 'Time until blocks arrive',
          description: `From the first arrival of a block at any node until it had arrived at so many of the expected nodes. Empty if it did not arrive at so many within a minute. ${MERGED}`,
          unit: 'ms',
          min: 0,
          ...POINTS,
          targets: sql('time_series', past.PROPAGATION),
        }),
        lines({
          title: 'Reach',
          description: 'Share of the expected arrivals that came within a minute.',
          unit: 'percentunit',
          ...POINTS,
          targets: sql('time_series', past.REACH),
        }),
        lines({
          title: 'Blocks that lost',
          description:
            'By the time when their height became final, by hour or day, and divided by the heights that did. A lower bound: a block that became the best one of no node is not reported.',
          unit: 'short',
          min: 0,
          ...HOURS,
          targets: sql('time_series', past.ORPHANS),
        }),
        table({
          title: 'Latest blocks that lost',
          description: 'The latest 50, with the nodes that imported each as their best block.',
          unit: 'none',
          width: 12,
          height: 8,
          units: { 'First seen': 'dateTimeAsIso', 'Height final': 'dateTimeAsIso' },
          targets: sql('table', past.LOST_BLOCKS),
        }),
      ],
    },
    {
      title: 'Uptime, by day (UTC)',
      panels: [
        lines({
          title: 'Availability',
          description:
            'Of the known time of all nodes, the share in which their process ran, and in which they were connected. Gaps of the servers are charged to no node. A node is expected until a week after its last message.',
          unit: 'percentunit',
          ...DAYS,
          targets: sql('time_series', past.AVAILABILITY),
        }),
        lines({
          title: 'Ends of sessions',
          description:
            'restarts: the node returned with another startup time. links lost: with the same one. server: a server was the reason. unknown: it is not back, or reports no startup time.',
          unit: 'short',
          min: 0,
          stacked: true,
          ...DAYS,
          targets: sql('time_series', past.ENDS),
        }),
        table({
          title: 'Least available nodes',
          description: 'The 50 nodes with the lowest availability over the days of the time range.',
          unit: 'none',
          width: 12,
          units: { Availability: 'percentunit', Down: 's' },
          targets: sql('table', past.LEAST_AVAILABLE),
        }),
        table({
          title: 'Stuck nodes',
          description:
            'The latest 100 spans in which a node did not follow its chain. `stuck`, `finality_stuck`: its best or final block stood still while the chain rose. `behind`: five or more blocks for 30 s.',
          unit: 'none',
          width: 12,
          units: { From: 'dateTimeAsIso', To: 'dateTimeAsIso', Length: 's' },
          targets: sql('table', past.STUCK),
        }),
      ],
    },
    {
      title: 'Versions, by day (UTC)',
      panels: [
        lines({
          title: 'Nodes by version',
          description:
            'Nodes that were heard for an hour or more on the day, by their last version of it: the 15 most frequent versions, and the others together.',
          unit: 'short',
          min: 0,
          stacked: true,
          ...DAYS,
          targets: sql('time_series', past.VERSIONS_OVER_TIME),
        }),
        bars({
          title: 'Versions on the last day',
          description: 'The same on the last day of the time range: the 20 most frequent versions.',
          unit: 'short',
          height: 8,
          targets: sql('table', past.VERSIONS_AT_END),
        }),
      ],
    },
  ],
});
