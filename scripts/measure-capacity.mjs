// What messages cost in a database: messages a second and room a day, for each node. Of a database that the
// simulator has filled, or of your own:
//
//   node scripts/measure-capacity.mjs postgres://user:password@host/database
//
// It reads and counts everything once, and changes nothing.
import pg from 'pg';

const DAY_S = 86_400;
const GB = 1e9;

const TABLES = `
  SELECT root.relname AS name, sum(pg_table_size(part.relid))::float8 AS rows_bytes,
         sum(pg_indexes_size(part.relid))::float8 AS index_bytes
    FROM pg_class AS root, pg_partition_tree(root.oid) AS part
   WHERE root.relname IN ('logs_expiring', 'logs_audit') GROUP BY 1
  UNION ALL
  SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
   WHERE relname IN ('peer_connections', 'ingest_batches', 'rejected_messages')`;

const CONNECTIONS = `
  SELECT count(*)::int AS connections, count(DISTINCT coalesce(peer_id, id::text))::int AS nodes,
         sum(extract(epoch FROM last_message_at - first_message_at))::float8 AS seconds
    FROM peer_connections`;

const TYPES = `
  SELECT coalesce(msg, '(none)') AS msg, count(*)::float8 AS messages, sum(pg_column_size(logs))::float8 AS bytes
    FROM tetcore_logs GROUP BY 1 ORDER BY 3 DESC`;

/** @param {string} connectionString */
async function measure(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows: tables } = await client.query(TABLES);
    const { rows: types } = await client.query(TYPES);
    const {
      rows: [{ connections, nodes, seconds }],
    } = await client.query(CONNECTIONS);
    return { tables, types, connections, nodes, seconds };
  } finally {
    await client.end();
  }
}

/** @param {Awaited<ReturnType<typeof measure>>} measured */
function report({ tables, types, connections, nodes, seconds }) {
  const sum = (rows, field) => rows.reduce((total, row) => total + row[field], 0);
  const messages = sum(types, 'messages');
  if (messages === 0 || !(seconds > 0)) return 'There are no messages.';
  const bytes = sum(tables, 'rows_bytes') + sum(tables, 'index_bytes');
  const logs = tables.filter(({ name }) => name.startsWith('logs_'));
  const nodeDays = seconds / DAY_S;
  const lines = [
    `${messages} messages of ${nodes} nodes on ${connections} connections, which were there for ${nodeDays.toFixed(1)} days together`,
    `${(messages / seconds).toFixed(3)} messages a second and node`,
    `${(bytes / messages).toFixed(0)} bytes a message: ${(sum(logs, 'rows_bytes') / messages).toFixed(0)} for its row, ` +
      `${(sum(logs, 'index_bytes') / messages).toFixed(0)} in indexes, ` +
      `${((bytes - sum(logs, 'rows_bytes') - sum(logs, 'index_bytes')) / messages).toFixed(0)} for connections and batches`,
    `${(bytes / nodeDays / GB).toFixed(4)} GB a day and node`,
    '',
    'type                                 of the messages  of the text  bytes each',
    ...types
      .slice(0, 10)
      .map((type) =>
        [
          type.msg.slice(0, 40).padEnd(40),
          `${((100 * type.messages) / messages).toFixed(1)} %`.padStart(12),
          `${((100 * type.bytes) / sum(types, 'bytes')).toFixed(1)} %`.padStart(12),
          (type.bytes / type.messages).toFixed(0).padStart(11),
        ].join(' '),
      ),
  ];
  return lines.join('\n');
}

const [url] = process.argv.slice(2);
if (url === undefined) {
  console.error('Usage: node scripts/measure-capacity.mjs DATABASE_URL');
  process.exitCode = 2;
} else {
  console.log(report(await measure(url)));
}
