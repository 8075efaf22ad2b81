import { Logger } from '@nestjs/common';
import { readSettings } from '../../src/platform/config/index.js';
import { registerAllNodes } from '../../src/registry/index.js';
import { DatabaseSink } from '../../src/simulator/database/database-sink.js';
import { fill, loadScenario, readScenario, SimulatedNetwork } from '../../src/simulator/index.js';
import { onDatabase } from '../../test/support/on-database.js';

/** Stores the messages of a simulated network: `store-messages.ts URL START END NODES SEED`, times in milliseconds. */
const [url = '', ...numbers] = process.argv.slice(2);
const [startAt = NaN, endAt = NaN, nodes = NaN, seed = NaN] = numbers.map(Number);
Logger.overrideLogger(['error', 'fatal']);

const scenario = readScenario({
  ...loadScenario('history'),
  nodes,
  software: { polkadot: 1 },
  verbosity: { '0': 1 },
  reports: { intervalSeconds: 5, transactionsSeconds: 30, networkStateSeconds: 3_600 },
  outages: [],
});
const sink = await DatabaseSink.open({ url, settings: readSettings({}) });
await fill(new SimulatedNetwork({ scenario, seed, startAt }), sink, { endAt });
await sink.end();
await onDatabase(url, async (client) => {
  await registerAllNodes(client);
  // As a server stores them: a second after they arrive.
  await client.query("UPDATE logs_expiring SET stored_at = received_at + interval '1 s'");
  await client.query('VACUUM ANALYZE logs_expiring');
  await client.query(
    'SELECT brin_summarize_new_values(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relam = (SELECT oid FROM pg_am WHERE amname = $1) AND relkind = $2',
    ['brin', 'i'],
  );
  await client.query('CHECKPOINT');
});
