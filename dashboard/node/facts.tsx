import type { ComponentChildren, JSX } from 'preact';
import type { ApiSchema } from '../shared/api.js';
import { formatCount } from '../shared/format.js';
import { Time } from '../shared/time.js';

/** Properties of a node. */
export function Facts({ node }: { node: ApiSchema<'NodeDetail'> }): JSX.Element {
  return (
    <FactList
      facts={[
        ['Peer id', <span class="mono">{node.peer_id}</span>],
        [
          'Now',
          node.connected ? <span class="good">Connected</span> : <span class="bad">Not connected</span>,
          node.connections > 1 ? `, ${formatCount(node.connections)} open connections` : null,
        ],
        ['Last message', <Time value={node.last_message_at} relative />],
        ['Chain', node.chain],
        ['Genesis block', node.genesis_hash && <span class="mono">{node.genesis_hash}</span>],
        ['Implementation', node.implementation],
        ['Version', node.version],
        ['Validator', node.authority === null ? null : node.authority ? 'Yes' : 'No'],
        ['Started', node.startup_time === null ? null : <StartTime at={node.startup_time} />],
        ['Address', node.ip_addr],
        ['Retention', node.audit ? 'Permanent' : 'Expires'],
        [
          'Connections',
          `${formatCount(node.connection_count)}, first at `,
          <Time value={node.first_connected_at} />,
        ],
      ]}
    />
  );
}

/** The start time by the clock of the node, which may be wrong. */
function StartTime({ at }: { at: number }): JSX.Element {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? <span>{at}</span> : <Time value={date.toISOString()} />;
}

/** Names and values. Null and empty values are omitted. */
export function FactList({ facts }: { facts: [string, ...ComponentChildren[]][] }): JSX.Element {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, ...value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
