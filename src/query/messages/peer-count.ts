import { typeNumber } from '../../storage/index.js';
import { cursorSql } from '../logs/message-cursor.js';
import type { RowShape } from '../logs/row-shape.js';

const INTERVAL = typeNumber('system.interval');
/** The types that tell how many peers a node has. */
export const PEER_COUNT_TYPES = [INTERVAL, typeNumber('system.network_state')] as const;

/** Very old nodes call the state `network_state`. */
const STATE = "coalesce(logs->'state', logs->'network_state')";
const sizeOf = (field: string): string =>
  `(SELECT count(*) FROM jsonb_object_keys(
      CASE jsonb_typeof(state->'${field}') WHEN 'object' THEN state->'${field}' ELSE '{}' END))`;

const PEERS = "(logs->'peers')::numeric";
/** As numbers of JavaScript hold every digit of: more than there can be peers. */
const MOST_PEERS = 2 ** 53;

/** A PeerCount. Of the two kinds of interval, one says how many peers there are; what is no whole number is left out. */
export const PEER_COUNT_JSON: RowShape = {
  condition: `CASE WHEN type <> ${INTERVAL.toString()} THEN jsonb_typeof(${STATE}->'connectedPeers') = 'object'
                   WHEN jsonb_typeof(logs->'peers') = 'number'
                   THEN ${PEERS} BETWEEN 0 AND ${MOST_PEERS.toString()} AND trunc(${PEERS}) = ${PEERS} END`,
  text: () => `
    (SELECT json_build_object('created_at', created_at, 'peers', peers, 'not_connected_peers', not_connected,
                              'msg', logs->>'msg', 'cursor', ${cursorSql('created_at')})::text
       FROM (SELECT ${PEERS}::int8 AS peers, NULL::int8 AS not_connected
              WHERE logs->>'msg' = 'system.interval'
             UNION ALL
             SELECT ${sizeOf('connectedPeers')}, ${sizeOf('notConnectedPeers')}
               FROM (SELECT ${STATE} AS state OFFSET 0) AS said
              WHERE logs->>'msg' = 'system.network_state') AS counted)`,
};
