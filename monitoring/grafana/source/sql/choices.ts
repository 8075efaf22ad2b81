import { mayHave, type NamedMessageType, typeSql } from '../../../../src/storage/schema/index.js';
import { ALIVE, among, NODE } from './connections.js';

/*
 * What variables offer. Nodes choose these names, and Grafana looks for its macros in SQL that has them already: one
 * with a dollar sign could break every panel.
 */

/** A condition that leaves such names out. */
export const harmless = (name: string): string => `strpos(${name}, '$') = 0`;

/** Chains with nodes in the range of time, those with the most nodes first. */
export const CHAIN_NAMES = `
SELECT chain
  FROM peer_connections
 WHERE ${harmless('chain')} AND ${ALIVE}
 GROUP BY chain
 ORDER BY count(DISTINCT ${NODE}) DESC, chain
 LIMIT 100`;

/** Nodes of the chains that were chosen, by name. */
export const NODE_NAMES = nodeNames('');

/** Those that have sent a type of message in the range: one step of the index for each connection. */
export const nodeNamesWith = (msg: NamedMessageType): string =>
  nodeNames(`
           AND ${mayHave(msg)}
           AND EXISTS (SELECT FROM tetcore_logs
                        WHERE peer_connection_id = peer_connections.id AND type = ${typeSql(msg)}
                          AND $__timeFilter(tetcore_logs.created_at))`);

function nodeNames(condition: string): string {
  return `
SELECT peer_id AS __value, left(coalesce(name, '?'), 40) || ' (' || right(peer_id, 8) || ')' AS __text
  FROM (SELECT DISTINCT ON (peer_id) peer_id, name
          FROM peer_connections
         WHERE ${among('chain', 'chain')} AND ${harmless('peer_id')} AND ${ALIVE}${condition}
         ORDER BY peer_id, created_at DESC) AS node
 ORDER BY name, peer_id
 LIMIT 1000`;
}
