import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Readable } from 'node:stream';
import { timeText } from '../../src/storage/index.js';
import { onDatabase } from '../../test/support/on-database.js';
import type { BenchServer } from '../support/bench-server.js';
import { memoryMib } from '../support/cpu.js';
import { median } from '../support/result.js';
import type { Data } from './data/build.js';
import { responseTo } from './http-client.js';

const ROUNDS = 2;
const SAMPLE_MS = 100;
const NEW_LINE = 10;
const NDJSON = 'application/x-ndjson';

export interface Exported {
  rows: number;
  /** Rows a second. */
  http: number;
  copy: number;
  ratio: number;
  /** By so much the server's resident memory grew at most: MiB. */
  grownMib: number;
  /** Of that in the second half: what grows with the rows does so to the end. */
  grownLateMib: number;
}

/** Reads all messages of a peer as NDJSON, and with COPY. Undefined where the server does not export. */
export async function measureExport(server: BenchServer, data: Data): Promise<Exported | undefined> {
  const { peerId } = data.cast.exported;
  // Of few rows, so that what an export takes once is there.
  const warm = await exportRows(server, `peer_id=${data.cast.heavy.peerId}&limit=20000`);
  if (warm === undefined) return undefined;
  const rounds: Exported[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const copied = await copyRows(data.url, peerId);
    const exported = await exportRows(server, `peer_id=${peerId}`);
    if (exported?.rows !== copied.rows) {
      throw new Error(
        `The export has ${(exported?.rows ?? 0).toString()} rows, COPY ${copied.rows.toString()}.`,
      );
    }
    const [http, copy] = [exported.rows / exported.seconds, copied.rows / copied.seconds];
    rounds.push({ rows: copied.rows, http, copy, ratio: http / copy, ...grownOf(exported.memory) });
  }
  const of = (pick: (round: Exported) => number): number => median(rounds.map(pick));
  return {
    rows: of(({ rows }) => rows),
    http: of(({ http }) => http),
    copy: of(({ copy }) => copy),
    ratio: rounds.reduce((sum, { ratio }) => sum + ratio, 0) / ROUNDS,
    grownMib: Math.max(...rounds.map(({ grownMib }) => grownMib)),
    grownLateMib: Math.max(...rounds.map(({ grownLateMib }) => grownLateMib)),
  };
}

async function exportRows(
  server: BenchServer,
  query: string,
): Promise<{ rows: number; seconds: number; memory: number[] } | undefined> {
  const memory = [memoryMib(server.pid).now];
  const sampling = setInterval(() => memory.push(memoryMib(server.pid).now), SAMPLE_MS);
  try {
    const began = performance.now();
    const response = await responseTo(`${server.http}/nodes/logs?${query}`, { accept: NDJSON });
    const isNdjson = response.headers['content-type']?.startsWith(NDJSON) === true;
    const rows = await countLines(response);
    if (response.statusCode !== 200 || !isNdjson) return undefined;
    return { rows, seconds: (performance.now() - began) / 1000, memory };
  } finally {
    clearInterval(sampling);
  }
}

function grownOf([before = NaN, ...memory]: readonly number[]): Pick<Exported, 'grownMib' | 'grownLateMib'> {
  const middle = memory.length >> 1;
  const [early, late] = [memory.slice(0, middle), memory.slice(middle)].map((half) =>
    Math.max(before, ...half),
  );
  return {
    grownMib: Math.max(early ?? NaN, late ?? NaN) - before,
    grownLateMib: (late ?? NaN) - (early ?? NaN),
  };
}

/** The fastest way to get the same texts out of the database, in the same order. */
async function copyRows(url: string, peerId: string): Promise<{ rows: number; seconds: number }> {
  const at = timeText('message.created_at');
  return await onDatabase(url, async (client) => {
    const began = performance.now();
    const rows = await countLines(
      client.query(
        copyTo(`COPY (
          SELECT json_build_object('id', message.id, 'ip_addr', ip_addr, 'peer_id', peer_id, 'msg', logs->>'msg',
                   'created_at', ${at}, 'logs', logs, 'cursor', ${at} || '_' || message.id)
            FROM tetcore_logs AS message JOIN peer_connections AS connection ON connection.id = peer_connection_id
           WHERE peer_id = ${pg.escapeLiteral(peerId)}
           ORDER BY message.created_at DESC, message.id DESC) TO STDOUT`),
      ),
    );
    return { rows, seconds: (performance.now() - began) / 1000 };
  });
}

async function countLines(stream: Readable): Promise<number> {
  let count = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    for (let at = part.indexOf(NEW_LINE); at !== -1; at = part.indexOf(NEW_LINE, at + 1)) count += 1;
  }
  return count;
}
