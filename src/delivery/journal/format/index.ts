import { randomBytes } from 'node:crypto';
import type { Batch } from '../../../telemetry/index.js';
import { JournalFormatError } from '../journal.error.js';
import { MARKER_BYTES } from '../records.js';
import { DecoderV1, FORMAT, messagesIn, WRITTEN_COLUMNS } from './v1.js';

export { encodeBatch, keysOf } from './v1.js';

/** Reads the files of a journal. */
export interface JournalFormat {
  /** See `records.ts`. */
  readonly marker: Buffer;
  /**
   * @throws BatchFormatError if the bytes are not a batch
   * @throws JournalFormatError if it has something that this version does not know
   */
  decode(payload: Buffer): Batch;
  /**
   * The number of messages in a payload, which may be truncated or damaged. Undefined if it cannot be read.
   */
  messagesIn(payload: Buffer): number | undefined;
}

/** The content of `journal.json`. */
interface Description {
  format: number;
  /** Hexadecimal. */
  marker: string;
  columns: string[];
}

/** The format of a new journal, which is the latest, and the text of its `journal.json`. */
export function newFormat(): { format: JournalFormat; description: string } {
  const marker = randomBytes(MARKER_BYTES);
  const description: Description = {
    format: FORMAT,
    marker: marker.toString('hex'),
    columns: [...WRITTEN_COLUMNS],
  };
  return { format: formatOf(marker, WRITTEN_COLUMNS), description: JSON.stringify(description) + '\n' };
}

/**
 * The format of an existing journal.
 *
 * @param path of its `journal.json`, for errors
 * @throws JournalFormatError if this version cannot read everything that it may contain: it must not be changed
 */
export function readFormat(path: string, description: string): JournalFormat {
  let found: Partial<Description> | null;
  try {
    found = JSON.parse(description) as Partial<Description> | null;
  } catch (cause) {
    throw new JournalFormatError(`${path} is not JSON.`, { cause });
  }
  if (found?.format !== FORMAT) {
    throw new JournalFormatError(
      `${path} has format ${String(found?.format)}; this version reads format ${FORMAT}.`,
    );
  }
  const unknown = Object.keys(found).find((field) => !['format', 'marker', 'columns'].includes(field));
  if (unknown !== undefined) throw new JournalFormatError(`${path} has an unknown field: ${unknown}.`);
  const marker = Buffer.from(String(found.marker), 'hex');
  if (marker.length !== MARKER_BYTES) throw new JournalFormatError(`${path} has no marker.`);
  if (!Array.isArray(found.columns)) throw new JournalFormatError(`${path} lists no columns.`);
  return formatOf(marker, found.columns);
}

function formatOf(marker: Buffer, columns: readonly string[]): JournalFormat {
  const decoder = new DecoderV1(columns);
  return { marker, decode: (payload) => decoder.decode(payload), messagesIn };
}
