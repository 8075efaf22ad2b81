// The calls of ../calls.ts, with a client of the generator typescript-fetch.
import {
  BenchmarksApi,
  Configuration,
  MessagesApi,
  NodesApi,
  ReputationApi,
  ResponseError,
} from './client/index.js';

const {
  API_URL: url = '',
  API_TOKEN: token = '',
  READ_TOKEN: readToken = '',
  PEER_ID: peerId = '',
} = process.env;

const configuration = (accessToken?: string): Configuration =>
  new Configuration({ basePath: url, ...(accessToken !== undefined && { accessToken }) });
const nodes = new NodesApi(configuration(token));
const benchmarks = new BenchmarksApi(configuration(token));

const print = (call: string, result: object): void => console.log(JSON.stringify({ call, ...result }));

/** The response to a request that fails. */
async function failed(request: Promise<unknown>): Promise<Response> {
  try {
    await request;
  } catch (error) {
    if (error instanceof ResponseError) return error.response;
    throw error;
  }
  throw new Error('The request succeeded.');
}

const first = await nodes.listNodes({ limit: 5 });
print('list_nodes', { ids: first.map(({ id }) => id), peer_ids: first.map((node) => node.peerId) });

const peerIds: string[] = [];
for (let page = first; page.length > 0;) {
  peerIds.push(...page.map((node) => node.peerId));
  page = await nodes.listNodes({ limit: 5, cursor: page.at(-1)?.cursor });
}
print('page_nodes', { peer_ids: peerIds });

const messages = new MessagesApi(configuration(token));
const messageIds: number[] = [];
for (let cursor: string | undefined; ;) {
  const page = await messages.listMessages({ peerId, order: 'asc', limit: 50, cursor });
  if (page.length === 0) break;
  messageIds.push(...page.map(({ id }) => id));
  cursor = page.at(-1)?.cursor;
}
print('page_messages', { ids: messageIds });

const connectionIds: number[] = [];
for (let cursor: number | undefined; ;) {
  const [connection] = await nodes.listNodeConnections({ peerId, limit: 1, cursor });
  if (connection === undefined) break;
  connectionIds.push(connection.id);
  cursor = connection.id;
}
print('page_connections', { ids: connectionIds });

const hostSystemBody = { cpuClock: 2600, cpuQty: 4, diskInfo: '', os: 'linux', ramMb: 8192 };
const hostSystem = await benchmarks.createHostSystem({ hostSystemBody });
print('create_host_system', { id: hostSystem.id, cpu_qty: hostSystem.cpuQty, os: hostSystem.os });

const { id, hostSystemId } = await benchmarks.createBenchmark({
  benchmarkBody: {
    setup: { substrate: { peerId } },
    description: 'before',
    hostSystemId: hostSystem.id,
    tsStart: '2026-01-02T03:04:05Z',
  },
});
print('create_benchmark', { id, host_system_id: hostSystemId });

const found = await benchmarks.getBenchmark({ id });
const setup = found.setup as { substrate: { peerId: string } };
print('get_benchmark', { id: found.id, description: found.description, peer_id: setup.substrate.peerId });

const changed = await benchmarks.changeBenchmark({ id, benchmarkChange: { description: 'after' } });
print('change_benchmark', {
  id: changed.id,
  description: changed.description,
  host_system_id: changed.hostSystemId,
});

const event = await benchmarks.createBenchmarkEvent({
  benchmarkEventBody: { benchmarkId: id, name: 'transfers', phase: 'start' },
});
print('create_event', { id: event.id, benchmark_id: event.benchmarkId, phase: event.phase });

const other = await benchmarks.createHostSystem({ hostSystemBody });
await benchmarks.deleteHostSystem({ id: other.id });
const gone = await failed(benchmarks.getHostSystem({ id: other.id }));
print('delete_host_system', { id: other.id, status: gone.status });

const invalid = await failed(
  new ReputationApi(configuration(token)).listPeerReputations({
    peerId,
    maxAgeS: 60,
    startTime: '2026-01-01T00:00:00',
  }),
);
const problem = (await invalid.json()) as { errors: { parameter: string }[] };
print('invalid', { status: invalid.status, parameter: problem.errors[0]?.parameter });

const none = await failed(new NodesApi(configuration()).listNodes());
const reader = await failed(new BenchmarksApi(configuration(readToken)).deleteBenchmark({ id: 1 }));
print('unauthorized', { status: none.status, reader: reader.status });
