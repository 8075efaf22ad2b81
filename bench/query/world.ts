import { RARE_TARGET } from './data/kinds.js';
import type { Data } from './data/build.js';
import { writeNewestReports } from './data/prepare.js';
import { ask, post } from './http-client.js';

/** What the requests are about. */
export interface World {
  data: Data;
  /** When the newest reports were written; the oldest of them is twenty minutes older. */
  reportedAt: Date;
  /** Two of them; none where there are no such routes. */
  benchmarks: readonly number[];
  /** Of ordinary peers: the cursor of the message that ends their first page. */
  cursors: ReadonlyMap<string, string>;
}

/** Writes what a running server is asked about and the data has not. */
export async function setScene(http: string, data: Data): Promise<World> {
  const reportedAt = await writeNewestReports(data);
  return {
    data,
    reportedAt,
    benchmarks: await makeBenchmarks(http, data),
    cursors: await readCursors(http, data),
  };
}

async function makeBenchmarks(http: string, { cast, start, end }: Data): Promise<number[]> {
  const host = await post<{ id: number }>(`${http}/host_systems`, {
    cpu_clock: 2600,
    cpu_qty: 4,
    description: 'measured',
    disk_info: 'NVME',
    os: 'linux',
    ram_mb: 8192,
  });
  if (host === undefined) return [];
  const ids: number[] = [];
  for (const { peerId } of cast.ordinary.slice(0, 2)) {
    const made = await post<{ id: number }>(`${http}/benchmarks`, {
      setup: { substrate: { peerId } },
      description: `with ${RARE_TARGET}`,
      host_system_id: host.id,
      ts_start: start.toISOString(),
      ts_end: end.toISOString(),
    });
    if (made !== undefined) ids.push(made.id);
  }
  for (const [index, phase] of ['start', 'end'].entries()) {
    if (ids[index] === undefined) continue;
    await post(`${http}/benchmarks/events`, { benchmark_id: ids[0], name: 'sync', phase });
  }
  return ids;
}

async function readCursors(http: string, { cast }: Data): Promise<Map<string, string>> {
  const cursors = new Map<string, string>();
  for (const { peerId } of cast.ordinary) {
    const { status, text } = await ask(`${http}/nodes/logs?peer_id=${peerId}&limit=100`);
    if (status !== 200) throw new Error(`/nodes/logs answers ${status.toString()}: ${text}`);
    const last = (JSON.parse(text) as { cursor?: string }[]).at(-1);
    if (last?.cursor !== undefined) cursors.set(peerId, last.cursor);
  }
  return cursors;
}
