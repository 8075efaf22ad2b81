import type { ClientBase } from 'pg';
import { CONNECTION_ID_TYPE, insertConnections } from '../../support/tables.js';
import { type Cast, CONNECTIONS, DAYS } from './cast.js';
import { SCRATCH } from './scratch.js';

/** Writes the connections of all peers; and in the scratch schema the peers, each with the ids of its own. */
export async function fillConnections(
  client: ClientBase,
  cast: Cast,
  start: Date,
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
    insertConnections(
      `FROM (SELECT *, md5(peer_id || number) AS digest, open AND number = ${last} AS stays,
                    CASE number WHEN 0 THEN $1 ELSE begins + make_interval(days => number - 1) END AS began,
                    CASE number WHEN ${last} THEN $1::timestamptz + make_interval(days => ${DAYS.toString()})
                                ELSE begins + make_interval(days => number) END AS ends
               FROM ${SCRATCH}.peers CROSS JOIN generate_series(0, ${last}) AS number) AS connection`,
    ),
    [start],
  );
  await client.query('ANALYZE peer_connections');
  await client.query(`ALTER TABLE ${SCRATCH}.peers ADD connections ${CONNECTION_ID_TYPE}[]`);
  await client.query(
    `UPDATE ${SCRATCH}.peers SET connections = ARRAY(
       SELECT id FROM peer_connections WHERE peer_connections.peer_id = peers.peer_id ORDER BY created_at)`,
  );
  await client.query(`VACUUM ANALYZE ${SCRATCH}.peers`);
}

const last = (CONNECTIONS - 1).toString();
