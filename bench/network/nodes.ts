import type pg from 'pg';
import {
  INSERT_COLLECTOR,
  insertMessages,
  KEEP_COLLECTOR_ALIVE,
  numberedConnectionId,
} from '../support/tables.js';

export const GENESIS_HASH = `0x${'91'.repeat(32)}`;

/** $1: nodes, $2: sockets, $3: the genesis hash. Each socket has an address of its own. */
const CONNECTIONS = `
  INSERT INTO peer_connections (id, collector, ip_addr, created_at, audit, peer_id, name, chain, genesis_hash, version,
         authority, startup_time, implementation, path, socket_id, envelope_id, revision, first_message_at,
         last_message_at, oldest_created_at, newest_created_at)
  SELECT ${numberedConnectionId('n')}, 1, '10.0.' || n % $2::int / 250 || '.' || n % $2::int % 250, at, false,
         '12D3KooW' || md5(n::text) || left(md5(n::text), 12), 'node-' || n, 'Polkadot', $3, '1.16.1-835e0767fe8',
         n % 7 = 0, 1767323045678, 'Parity Polkadot', '/', md5((n % $2::int)::text)::uuid, n / $2::int, 1, at, now(),
         at, now()
    FROM generate_series(0, $1::int - 1) AS n,
         LATERAL (SELECT now() - interval '10 min' + make_interval(secs => n * 0.01) AS at) AS time`;

/** What each node reported last. Those that are last in the order of their numbers are a block behind. */
const REPORTS = insertMessages(
  'logs_expiring',
  { at: 'at', connection: numberedConnectionId('n'), msg: "logs->>'msg'", logs: 'logs' },
  `FROM generate_series(0, $1::int - 1) AS n
   CROSS JOIN LATERAL (SELECT 21400123 - n * 4 / $1::int AS height) AS block
   CROSS JOIN LATERAL (VALUES
     (now() - interval '14 s', jsonb_build_object('msg', 'block.import', 'best', '0x' || md5((height - 1)::text) || md5('b'),
       'height', height - 1, 'origin', 'NetworkBroadcast')),
     (now() - interval '8 s', jsonb_build_object('msg', 'block.import', 'best', '0x' || md5(height::text) || md5('b'),
       'height', height, 'origin', 'NetworkBroadcast')),
     (now() - interval '7 s', jsonb_build_object('msg', 'notify.finalized', 'best', '0x' || md5((height - 3)::text) || md5('b'),
       'height', (height - 3)::text)),
     (now() - interval '6 s', jsonb_build_object('msg', 'txpool.import', 'ready', 12, 'future', 0)),
     (now() - interval '5 s', jsonb_build_object('msg', 'system.interval', 'best', '0x' || md5(height::text) || md5('b'),
       'height', height, 'txcount', 12, 'finalized_height', height - 3,
       'finalized_hash', '0x' || md5((height - 3)::text) || md5('b'))),
     (now() - interval '5 s', jsonb_build_object('msg', 'system.interval', 'peers', 40, 'bandwidth_upload', 18400,
       'bandwidth_download', 20310))
   ) AS report (at, logs)`,
);

/** Writes connected nodes of one chain, as many on a socket as are needed, straight into the tables. */
export async function writeNodes(client: pg.Client, nodes: number, sockets: number): Promise<void> {
  await client.query(INSERT_COLLECTOR, [new Date(), new Date()]);
  await client.query(KEEP_COLLECTOR_ALIVE);
  await client.query(CONNECTIONS, [nodes, sockets, GENESIS_HASH]);
  await client.query(REPORTS, [nodes]);
  await client.query('VACUUM ANALYZE peer_connections');
  await client.query('VACUUM ANALYZE logs_expiring');
}
