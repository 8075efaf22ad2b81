import { randomBytes } from 'node:crypto';
import type { Batch } from '../../../telemetry/index.js';
import { JournalFormatError } from '../journal.error.js';
import { MARKER_BYTES } from '../records.js';
import { DecoderV1, FORMAT, messagesIn, WRITTEN_COLUMNS } from './v1.js';

export { encodeBatch, keysOf } from './v1.js';

/** How the files of a journal are read. */
export interface JournalFormat {
  /** See `record.ts`. */
  readonly marker: Buffer;
  /**
   * @throws BatchFormatError where the bytes are no batch
   * @throws JournalFormatError where it has something that is not known here
   */
  decode(payload: Buffer): Batch;
  /**
   * How many messages a payload has, of which only the beginning may be there, or which may be damaged: as far as it
   * says. Undefined where it does not.
   */
  messagesIn(payload: Buffer): number | undefined;
}

/** What `journal.json` says of the other files. */
interface Description {
  format: number;
  /** Hexadecimal. */
  marker: string;
  columns: string[];
}

/** A new journal's format, which is the newest, and the text of its `journal.json`. */
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
 * The format of a journal that is there.
 *
 * @param path of its `journal.json`, for errors
 * @throws JournalFormatError where this version cannot read all that it may hold: it is to be left alone
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
