import { dashboard } from './model.js';
import { figure, lines, sql, table } from './panels.js';
import { CHAIN_NAMES, nodeNamesWith } from './sql/choices.js';
import * as calls from './sql/profiling.js';
import { amount, dataSource, found } from './variables.js';

const TEN = 'Of the ten names that took the most time in all.';
const POINTS = { points: 60, interval: '5s' };

export const profiling = dashboard({
  uid: 'tetcore-profiling',
  title: 'Tetcore: profiling',
  description: 'How long the calls of a node take, as it says in tracing.profiling. Read from PostgreSQL.',
  from: 'now-1h',
  refresh: '',
  variables: [
    dataSource('grafana-postgresql-datasource'),
    found(
      {
        name: 'chain',
        label: 'Chain',
        description: 'The chains whose nodes are offered.',
        several: true,
      },
      CHAIN_NAMES,
    ),
    found(
      { name: 'node', label: 'Node', description: 'The node: of those that have sent times in the range.' },
      nodeNamesWith('tracing.profiling'),
    ),
    found(
      {
        name: 'target',
        label: 'Target',
        description: 'Where in the code the calls are: mostly modules, as the newest 10,000 calls have them.',
        several: true,
      },
      calls.TARGETS,
    ),
    amount(
      {
        name: 'calls',
        label: 'Calls looked at',
        description: 'The first calls of each interval. More are more exact, and cost as much more.',
      },
      [500, 2000, 10000, 100000],
      2000,
    ),
  ],
  sections: [
    {
      title: 'Calls',
      panels: [
        figure({
          title: 'Calls looked at',
          description: 'Calls of all targets that the other panels were made from.',
          unit: 'short',
          width: 12,
          ...POINTS,
          targets: sql('table', calls.CALL_COUNT),
        }),
        figure({
          title: 'Intervals read to their end',
          description: 'Where it is less than 100 %, look at more calls, or at a shorter range.',
          unit: 'percentunit',
          width: 12,
          ...POINTS,
          targets: sql('table', calls.WHOLE_INTERVALS),
        }),
        table({
          title: 'By target and name',
          description:
            'The 100 names that took the most time in all. A call counts the calls within it as well.',
          unit: 'ns',
          height: 12,
          units: { Calls: 'short' },
          ...POINTS,
          targets: sql('table', calls.TIMES),
        }),
      ],
    },
    {
      title: 'Over time',
      panels: [
        lines({
          title: 'Mean',
          description: `The mean time of a call in each interval. ${TEN}`,
          unit: 'ns',
          min: 0,
          ...POINTS,
          targets: sql('time_series', calls.MEAN_TIMES),
        }),
        lines({
          title: '90th percentile',
          description: `Nine calls of ten took no longer, in each interval. ${TEN}`,
          unit: 'ns',
          min: 0,
          ...POINTS,
          targets: sql('time_series', calls.P90_TIMES),
        }),
        lines({
          title: 'Longest',
          description: `The longest call of each interval. ${TEN}`,
          unit: 'ns',
          min: 0,
          ...POINTS,
          targets: sql('time_series', calls.MAX_TIMES),
        }),
        lines({
          title: 'Time by target',
          description:
            'What the calls of a target took together, in each interval: the ten targets that took the most.',
          unit: 'ns',
          min: 0,
          stacked: true,
          ...POINTS,
          targets: sql('time_series', calls.TIME_BY_TARGET),
        }),
      ],
    },
  ],
});
