import { dashboard } from './model.js';
import { dataSource, labelValues } from './variables.js';
import { JOB } from './server/expressions.js';
import { MESSAGES, STATE } from './server/messages.js';
import { NODES, PROCESS } from './server/nodes.js';
import { READERS } from './server/readers.js';
import { PURGE, STORAGE } from './server/storage.js';

export const server = dashboard({
  uid: 'tetcore-server',
  title: 'Tetcore: server',
  description:
    'Ingest, storage and requests of the server. Data source: Prometheus, with the rules of monitoring/prometheus/rules.yml.',
  from: 'now-6h',
  refresh: '30s',
  variables: [
    dataSource('prometheus'),
    labelValues(
      {
        name: 'instance',
        label: 'Server',
        description: 'Server processes to show.',
        several: true,
      },
      `up{${JOB}}`,
      'instance',
    ),
  ],
  sections: [
    { title: 'State', panels: STATE },
    { title: 'Messages', panels: MESSAGES },
    { title: 'Connections of nodes', panels: NODES },
    { title: 'Queue and database', panels: STORAGE },
    { title: 'Purge and size', panels: PURGE },
    { title: 'Readers', panels: READERS },
    { title: 'Process', panels: PROCESS },
  ],
});
