import { mayHave, NEWEST_MESSAGE, typeSql } from '../../storage/index.js';

/**
 * The latest network state of each peer, as rows of `peer_id`, `created_at`, `id` and `logs`: the newest first. `$1`
 * is how old they may be in seconds, `$2` how many peers are wanted.
 *
 * One step of the index of rare types for each connection that may have a message of that
 * age, in those partitions alone that it may have it in. What is sorted is short: large messages lie elsewhere.
 */
export const LATEST_REPORTS = `
  SELECT peer_id, created_at, id, logs
    FROM (SELECT DISTINCT ON (peer_id) peer_id, report.created_at, report.id, report.logs
            FROM (SELECT id, collector, peer_id, ${NEWEST_MESSAGE} AS upper,
                         greatest(oldest_created_at, now() - make_interval(secs => $1::float8)) AS lower
                    FROM peer_connections
                   WHERE peer_id IS NOT NULL AND ${mayHave('system.network_state')}) AS connection
           CROSS JOIN LATERAL
                 (SELECT created_at, id, logs FROM tetcore_logs
                   WHERE peer_connection_id = connection.id AND collector = connection.collector
                     AND type = ${typeSql('system.network_state')}
                     AND created_at >= connection.lower AND created_at <= connection.upper
                   ORDER BY created_at DESC, id DESC LIMIT 1) AS report
           WHERE lower <= upper
           ORDER BY peer_id, report.created_at DESC, report.id DESC) AS latest
   ORDER BY created_at DESC, id DESC LIMIT $2::bigint`;
