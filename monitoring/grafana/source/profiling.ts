import { dashboard } from './model.js';
import { lines, sql, stat, table } from './panels.js';
import { CHAIN_NAMES, nodeNamesWith } from './sql/choices.js';
import * as calls from './sql/profiling.js';
import { customVariable, dataSource, queryVariable } from './variables.js';

const TEN = 'The ten names with the highest total time.';
const POINTS = { points: 60, interval: '5s' };

export const profiling = dashboard({
  uid: 'tetcore-profiling',
  title: 'Tetcore: profiling',
  description: 'Durations of calls in a node, from its tracing.profiling messages. Data source: PostgreSQL.',
  from: 'now-1h',
  refresh: '',
  variables: [
    dataSource('grafana-postgresql-datasource'),
    queryVariable(
      {
        name: 'chain',
        label: 'Chain',
        description: 'Limits the list of nodes to these chains.',
        several: true,
      },
      CHAIN_NAMES,
    ),
    queryVariable(
      {
        name: 'node',
        label: 'Node',
        description: 'A node that sent tracing.profiling messages in the time range.',
      },
      nodeNamesWith('tracing.profiling'),
    ),
    queryVariable(
      {
        name: 'target',
        label: 'Target',
        description: 'Location in the code, mostly modules. The list is taken from the newest 10,000 calls.',
        several: true,
      },
      calls.TARGETS,
    ),
    customVariable(
      {
        name: 'calls',
        label: 'Sampled calls',
        description:
          'Number of calls that are read from the start of each interval. More calls give more exact results and slower queries.',
      },
      [500, 2000, 10000, 100000],
      2000,
    ),
  ],
  sections: [
    {
      title: 'Calls',
      panels: [
        stat({
          title: 'Sampled calls',
          description: 'Calls of all targets that the other panels are computed from.',
          unit: 'short',
          width: 12,
          ...POINTS,
          targets: sql('table', calls.CALL_COUNT),
        }),
        stat({
          title: 'Complete intervals',
          description: 'If it is below 100 %, raise "Sampled calls" or choose a shorter time range.',
          unit: 'percentunit',
          width: 12,
          ...POINTS,
          targets: sql('table', calls.WHOLE_INTERVALS),
        }),
        table({
          title: 'By target and name',
          description: 'The 100 names with the highest total time. The time of a call includes nested calls.',
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
          description: `Mean duration of a call per interval. ${TEN}`,
          unit: 'ns',
          min: 0,
          ...POINTS,
          targets: sql('time_series', calls.MEAN_TIMES),
        }),
        lines({
          title: '90th percentile',
          description: `90th percentile of the duration per interval. ${TEN}`,
          unit: 'ns',
          min: 0,
          ...POINTS,
          targets: sql('time_series', calls.P90_TIMES),
        }),
        lines({
          title: 'Maximum',
          description: `Longest call per interval. ${TEN}`,
          unit: 'ns',
          min: 0,
          ...POINTS,
          targets: sql('time_series', calls.MAX_TIMES),
        }),
        lines({
          title: 'Time by target',
          description:
            'Total duration of the calls of a target per interval: the ten targets with the highest total.',
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
