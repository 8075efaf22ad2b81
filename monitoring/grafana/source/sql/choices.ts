import { mayHave, type NamedMessageType, typeSql } from '../../../../src/storage/schema/index.js';
import { ALIVE, CHOSEN_NODE, hashOf, KEY, LABELLED_CHAINS, OF_CHAINS } from './connections.js';

/*
 * Values of variables. Nodes choose these names, and Grafana expands macros after it has inserted them into SQL: a name
 * with a dollar sign could break every panel.
 */

/** A condition that excludes names with a dollar sign. */
export const withoutDollarSign = (name: string): string => `strpos(${name}, '$') = 0`;

/** Chains with nodes in the time range, by number of nodes. */
export const CHAIN_NAMES = `
SELECT key AS __value, label AS __text
  FROM (${LABELLED_CHAINS}) AS labelled
 WHERE ${withoutDollarSign('key')}
 ORDER BY nodes DESC, key
 LIMIT 100`;

/** Nodes of the chosen chains, by name. */
export const NODE_NAMES = nodeNames('');

/** Nodes that sent a type of message in the time range. Costs one index lookup for each connection. */
export const nodeNamesWith = (msg: NamedMessageType): string =>
  nodeNames(`
           AND ${mayHave(msg)}
           AND EXISTS (SELECT FROM tetcore_logs
                        WHERE peer_connection_id = peer_connections.id AND type = ${typeSql(msg)}
                          AND $__timeFilter(tetcore_logs.created_at))`);

function nodeNames(condition: string): string {
  return `
SELECT chosen AS __value,
       left(coalesce(name, '?'), 40) || ' (' || right(peer_id, 8) || ')'
         || CASE WHEN count(*) OVER (PARTITION BY peer_id) > 1 THEN ', ' || coalesce(chain, left(${hashOf('key')}, 10))
                 ELSE '' END AS __text
  FROM (SELECT DISTINCT ON (${KEY}, peer_id) ${CHOSEN_NODE} AS chosen, ${KEY} AS key, peer_id, name, chain
          FROM peer_connections
         WHERE ${OF_CHAINS} AND ${withoutDollarSign(CHOSEN_NODE)} AND strpos(peer_id, ' ') = 0 AND ${ALIVE}${condition}
         ORDER BY ${KEY}, peer_id, created_at DESC) AS node
 ORDER BY name, chosen
 LIMIT 1000`;
}
