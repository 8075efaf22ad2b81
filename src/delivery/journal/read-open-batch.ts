import { open, stat } from 'node:fs/promises';
import type { ConnectionSnapshot } from '../../storage/index.js';
import type { Batch, RowBlock } from '../../telemetry/index.js';
import type { JournalFormat } from './format/index.js';
import { BatchFormatError, codeOf } from './journal.error.js';
import { RecordReader } from './record-reader.js';
import { HEADER_BYTES, type JournalDamage } from './record.js';

/** The size of an open batch's file; 0 where there is none. */
export async function openBatchBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * The batch that a process had open when it ended, put together from its parts; undefined where it had none.
 *
 * @param onDamage told of what cannot be read before a part; behind all of them is what the process was writing
 * @throws BatchFormatError where the first is of another version
 */
export async function readOpenBatch(
  path: string,
  format: JournalFormat,
  onDamage: (damage: JournalDamage) => void,
): Promise<Batch | undefined> {
  if ((await openBatchBytes(path)) === 0) return undefined;
  const parts: Batch[] = [];
  let damage: JournalDamage | undefined;
  for await (const found of RecordReader.read(path, format.marker, (payload) => format.messagesIn(payload))) {
    if (!('payload' in found)) {
      damage = found;
      // Without a beginning nothing tells the parts from those of batches before.
      if (found.offset === 0) break;
      continue;
    }
    const part = decodePart(format, found.payload, parts.length > 0);
    if (part === undefined) break;
    // Behind the parts lie those of batches before it.
    if (part.id !== (parts[0] ?? part).id) break;
    if (damage !== undefined) onDamage(damage);
    damage = undefined;
    parts.push(part);
  }
  if (damage?.offset === 0 && !(await isClear(path))) onDamage(damage);
  return join(parts);
}

/** @param tolerant of what is no part of this version: behind parts it may be anything */
function decodePart(format: JournalFormat, payload: Buffer, tolerant: boolean): Batch | undefined {
  try {
    return format.decode(payload);
  } catch (error) {
    if (tolerant && error instanceof BatchFormatError) return undefined;
    throw error;
  }
}

async function isClear(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return buffer.every((byte) => byte === 0);
}

function join(parts: readonly Batch[]): Batch | undefined {
  const [first] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const connections = new Map<number, ConnectionSnapshot>();
  // The later ones take the place of the earlier.
  for (const part of parts) for (const snapshot of part.connections) connections.set(snapshot.id, snapshot);
  return {
    id: last.id,
    collector: last.collector,
    firstReceivedAt: Math.min(...parts.map(({ firstReceivedAt }) => firstReceivedAt)),
    sealedAt: last.sealedAt,
    expiring: joinBlocks(parts.map(({ expiring }) => expiring)),
    audit: joinBlocks(parts.map(({ audit }) => audit)),
    connections: [...connections.values()],
    rejected: parts.flatMap(({ rejected }) => rejected),
  };
}

function joinBlocks(blocks: readonly RowBlock[]): RowBlock {
  const some = blocks.filter(({ rows }) => rows > 0);
  return {
    rows: some.reduce((sum, { rows }) => sum + rows, 0),
    tuples: Buffer.concat(some.map(({ tuples }) => tuples)),
    oldest: some.length === 0 ? 0 : Math.min(...some.map(({ oldest }) => oldest)),
    newest: some.length === 0 ? 0 : Math.max(...some.map(({ newest }) => newest)),
  };
}
