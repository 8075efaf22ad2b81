import type { ClientBase } from 'pg';
import { type Cast, CONNECTIONS, DAYS } from './cast.js';
import { SCRATCH } from './scratch.js';

/** A UUIDv7 of when the connection began, as the server makes them. */
const CONNECTION_ID = `(lpad(to_hex((extract(epoch FROM began) * 1000)::bigint), 12, '0') || '7'
  || substr(digest, 1, 3) || '8' || substr(digest, 4, 15))::uuid`;

/** Writes the connections of all peers; and in the scratch schema the peers, each with the ids of its own. */
export async function fillConnections(
  client: ClientBase,
  cast: Cast,
  start: Date,
  collector: string,
): Promise<void> {
  await client.query(
    `CREATE TABLE ${SCRATCH}.peers AS
       SELECT n::int, peer_id, rows, audit, open, begins, rare_every
         FROM unnest($1::text[], $2::int[], $3::bool[], $4::bool[], $5::timestamptz[], $6::int[])
           WITH ORDINALITY AS peer (peer_id, rows, audit, open, begins, rare_every, n)`,
    [
      cast.peers.map(({ peerId }) => peerId),
      cast.peers.map(({ rows }) => rows),
      cast.peers.map(({ audit }) => audit),
      cast.peers.map(({ open }) => open),
      // When its second connection begins: the first one begins with the data.
      cast.peers.map(({ offsetMs }) => new Date(start.getTime() + offsetMs)),
      cast.peers.map(({ rareEvery }) => rareEvery),
    ],
  );
  await client.query(
    `INSERT INTO peer_connections (id, ip_addr, peer_id, created_at, audit, name, chain, version, authority,
       startup_time, implementation, config, path, socket_id, collector_id, revision, first_message_at,
       last_message_at, oldest_created_at, newest_created_at, ended_at, end_reason, end_code)
     SELECT ${CONNECTION_ID}, '10.0.' || n / 250 || '.' || n % 250, peer_id, began, audit, 'node-' || n,
            (ARRAY['Kusama', 'Polkadot', 'Development'])[n % 3 + 1], '2.0.0-' || n % 4 || '-x86_64-linux-gnu',
            n % 7 = 0, (extract(epoch FROM began) * 1000)::bigint, 'Tetcore Node', '',
            CASE WHEN audit THEN '/audit' ELSE '/' END, digest::uuid, $2, 2, began, ends, began, ends,
            CASE WHEN NOT stays THEN ends END, CASE WHEN NOT stays THEN 'closed' END, CASE WHEN NOT stays THEN 1000 END
       FROM (SELECT *, md5(peer_id || number) AS digest, open AND number = ${last} AS stays,
                    CASE number WHEN 0 THEN $1 ELSE begins + make_interval(days => number - 1) END AS began,
                    CASE number WHEN ${last} THEN $1::timestamptz + make_interval(days => ${DAYS.toString()})
                                ELSE begins + make_interval(days => number) END AS ends
               FROM ${SCRATCH}.peers CROSS JOIN generate_series(0, ${last}) AS number) AS connection`,
    [start, collector],
  );
  await client.query('ANALYZE peer_connections');
  await client.query(`ALTER TABLE ${SCRATCH}.peers ADD connections uuid[]`);
  await client.query(
    `UPDATE ${SCRATCH}.peers SET connections = ARRAY(
       SELECT id FROM peer_connections WHERE peer_connections.peer_id = peers.peer_id ORDER BY created_at)`,
  );
  await client.query(`VACUUM ANALYZE ${SCRATCH}.peers`);
}

const last = (CONNECTIONS - 1).toString();
