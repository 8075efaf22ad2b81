import { bearer, READ_TOKEN } from '../support/access.js';
import { type ClientsWorld, PEER } from './world.js';

/** The calls that the program of each client makes, in this order. It prints a JSON line for each, with `call`. */
export const CALLS = [
  'list_nodes',
  'page_nodes',
  'page_messages',
  'page_connections',
  'create_host_system',
  'create_benchmark',
  'get_benchmark',
  'change_benchmark',
  'create_event',
  'delete_host_system',
  'invalid',
  'unauthorized',
] as const;

type CallName = (typeof CALLS)[number];
type Printed = Record<string, unknown>;

interface Row {
  id: number;
  peer_id: string;
  [field: string]: unknown;
}

/**
 * Compares what a program printed with what the server itself returns to `fetch`.
 *
 * @returns what differs
 */
export async function differences(world: ClientsWorld, output: string): Promise<string[]> {
  const printed = new Map<string, Printed>();
  for (const line of output.split('\n').filter((one) => one.startsWith('{'))) {
    const result = JSON.parse(line) as Printed & { call: string };
    printed.set(result.call, result);
  }
  const found: string[] = [];
  for (const call of CALLS) {
    const result = printed.get(call);
    if (result === undefined) {
      found.push(`${call}: nothing was printed`);
      continue;
    }
    const expected = { call, ...(await EXPECTED[call](world, printed)) };
    if (canonical(result) !== canonical(expected)) {
      found.push(`${call}: expected ${canonical(expected)}, got ${canonical(result)}`);
    }
  }
  return found;
}

function canonical(value: Printed): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))),
  );
}

function idOf(printed: Map<string, Printed>, call: CallName): string {
  return String(printed.get(call)?.id);
}

async function createdBenchmark(world: ClientsWorld, printed: Map<string, Printed>): Promise<Row> {
  return await world.json<Row>(`/benchmarks/${idOf(printed, 'create_benchmark')}`);
}

const EXPECTED: Record<CallName, (world: ClientsWorld, printed: Map<string, Printed>) => Promise<Printed>> = {
  /** `GET /nodes?limit=5` */
  list_nodes: async (world) => {
    const nodes = await world.json<Row[]>('/nodes?limit=5');
    return { ids: nodes.map(({ id }) => id), peer_ids: nodes.map(({ peer_id }) => peer_id) };
  },
  /** `GET /nodes?limit=5` and its `cursor`, to the end. */
  page_nodes: async (world) => {
    const nodes = await world.json<Row[]>('/nodes');
    return { peer_ids: nodes.map(({ peer_id }) => peer_id) };
  },
  /** `GET /nodes/logs?order=asc&limit=50` and its `cursor`, to the end. */
  page_messages: async (world) => {
    const text = await (await world.fetch(`/nodes/logs?peer_id=${PEER}&order=asc&format=ndjson`)).text();
    const messages = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    return { ids: messages.map(({ id }) => id) };
  },
  /** `GET /nodes/{peer_id}/connections?limit=1`; the returned `id`, which needs 53 bits, is the next `cursor`. */
  page_connections: async (world) => {
    const connections = await world.json<Row[]>(`/nodes/${PEER}/connections`);
    return { ids: connections.map(({ id }) => id) };
  },
  /** `POST /host_systems`, without optional fields. */
  create_host_system: async (world, printed) => {
    const { id, cpu_qty, os } = await world.json<Row>(`/host_systems/${idOf(printed, 'create_host_system')}`);
    return { id, cpu_qty, os };
  },
  /** `POST /benchmarks` with the id of that host system, and `setup.substrate.peerId`. */
  create_benchmark: async (world, printed) => {
    const { id, host_system_id } = await createdBenchmark(world, printed);
    return { id, host_system_id };
  },
  /** `GET /benchmarks/{id}` with the returned id; `peer_id` is that of its `setup`. */
  get_benchmark: async (world, printed) => {
    const { id } = await createdBenchmark(world, printed);
    return { id, description: 'before', peer_id: PEER };
  },
  /** `PATCH /benchmarks/{id}` of the description alone. */
  change_benchmark: async (world, printed) => {
    const { id, description, host_system_id } = await createdBenchmark(world, printed);
    return { id, description, host_system_id };
  },
  /** `POST /benchmarks/events` with the id of the benchmark. */
  create_event: async (world, printed) => {
    const { id: benchmark } = await createdBenchmark(world, printed);
    const [event] = await world.json<Row[]>(`/benchmarks/${benchmark.toString()}/events`);
    return { id: event?.id, benchmark_id: benchmark, phase: event?.phase };
  },
  /** `DELETE /host_systems/{id}` of another new one, and `GET` of it afterwards, which fails with `status`. */
  delete_host_system: async (world, printed) => {
    const id = printed.get('delete_host_system')?.id;
    return { id, status: (await world.fetch(`/host_systems/${String(id)}`)).status };
  },
  /** `GET /reputation/{peer_id}` with `max_age_s` and `start_time`, which exclude each other. */
  invalid: async (world) => {
    const path = `/reputation/${PEER}?max_age_s=60&start_time=2026-01-01T00:00:00`;
    const response = await world.fetch(path);
    const { errors } = (await response.json()) as { errors: { parameter: string }[] };
    return { status: response.status, parameter: errors[0]?.parameter };
  },
  /** `GET /nodes` without a token, then `DELETE /benchmarks/1` with one that can only read. */
  unauthorized: async (world) => {
    const none = await world.fetch('/nodes', { headers: {} });
    const reader = await world.fetch('/benchmarks/1', { method: 'DELETE', headers: bearer(READ_TOKEN) });
    return { status: none.status, reader: reader.status };
  },
};
