import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { onDatabase } from '../../../test/support/on-database.js';
import { INDEXES, TABLES } from './schema.js';

const SAID = 'ip_addr, peer_id, audit, name, chain, version, authority, startup_time, implementation';
const FAST = "SET work_mem = '512MB'; SET maintenance_work_mem = '512MB'; SET synchronous_commit = off";

/**
 * Makes a database of 0.1.4 with the connections and messages of one of this server, the messages in the order in
 * which they came in. Of this server's tables it knows what is promised to those who read them.
 *
 * @param old URL of a database that is empty
 */
export async function fillOldDatabase(url: string, old: string): Promise<void> {
  await onDatabase(url, (from) =>
    onDatabase(old, async (to) => {
      await from.query(FAST);
      await to.query(FAST);
      await to.query(TABLES);
      // There a connection is a serial number, whatever it is here.
      await from.query(`
        CREATE TEMPORARY TABLE numbered AS
          SELECT row_number() OVER (ORDER BY created_at, id)::int AS number, id FROM peer_connections`);
      await from.query('ANALYZE numbered');
      await pass(
        from,
        `SELECT number, created_at AT TIME ZONE 'UTC', ${SAID} FROM peer_connections JOIN numbered USING (id) ORDER BY number`,
        to,
        `peer_connections (id, created_at, ${SAID})`,
      );
      await pass(
        from,
        `SELECT message.created_at AT TIME ZONE 'UTC', message.logs, numbered.number
           FROM tetcore_logs AS message JOIN numbered ON numbered.id = message.peer_connection_id
          ORDER BY message.received_at`,
        to,
        'tetcore_logs (created_at, logs, peer_connection_id)',
      );
      console.log('  its messages are there; indexes');
      for (const statement of INDEXES) await to.query(statement);
      await to.query('VACUUM ANALYZE');
      await to.query('CHECKPOINT');
    }),
  );
}

async function pass(from: ClientBase, select: string, to: ClientBase, into: string): Promise<void> {
  await pipeline(
    from.query(copyTo(`COPY (${select}) TO STDOUT`)),
    to.query(copyFrom(`COPY ${into} FROM STDIN`)),
  );
}
