import type { JSX } from 'preact';
import { type ApiSchema, responseData, api } from '../shared/api.js';
import { useLoaded } from '../shared/loaded.js';
import { Shown } from '../shared/states.js';
import { Time } from '../shared/time.js';

/** Maximum number of newest connections that are searched. */
const MAX_CONNECTIONS = 1000;

/** The open connections of a duplicate peer id, with the fields that distinguish its nodes. */
export function OpenConnections({
  node,
  chain,
}: {
  node: ApiSchema<'NodeDetail'>;
  chain: string | undefined;
}): JSX.Element {
  const { peer_id } = node;
  const [open, reload] = useLoaded(
    async (signal) => {
      const query = { limit: MAX_CONNECTIONS, ...(chain !== undefined && { chain }) };
      const path = { peer_id };
      const request = api.GET('/nodes/{peer_id}/connections', { params: { path, query }, signal });
      return (await responseData(request)).filter(({ connected }) => connected);
    },
    [node],
  );
  return (
    <section aria-labelledby="open">
      <h2 id="open">Open connections</h2>
      <p class="warning">
        Several nodes with this peer id are connected: their names or start times differ. Give each node its
        own key.
      </p>
      <Shown of={open} what="its open connections" retry={reload}>
        {(connections) => (
          <div class="scroll" tabIndex={0} role="region" aria-label="Open connections">
            <table>
              <caption>Newest first</caption>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Connected since</th>
                  <th scope="col">Last message</th>
                  <th scope="col">Node start (node clock)</th>
                  <th scope="col">Address</th>
                  <th scope="col">Version</th>
                </tr>
              </thead>
              <tbody>
                {connections.map((connection) => (
                  <tr key={connection.id}>
                    <th scope="row">
                      <bdi>{connection.name ?? '–'}</bdi>
                    </th>
                    <td>
                      <Time value={connection.created_at} />
                    </td>
                    <td>
                      <Time value={connection.last_message_at} relative />
                    </td>
                    <td>{startTime(connection.startup_time)}</td>
                    <td class="mono">{connection.ip_addr}</td>
                    <td>{connection.version}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Shown>
    </section>
  );
}

/** The start time by the clock of the node, which may be wrong. */
function startTime(at: number | null): JSX.Element | string {
  if (at === null) return '–';
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at.toString() : <Time value={date.toISOString()} />;
}
