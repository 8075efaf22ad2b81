import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Settings } from '../../../platform/config/index.js';
import { sizeText } from '../../size-text.js';
import type { Check, Machine } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';

const MIB = 1024 ** 2;
/** Below this nothing works for long: bytes. */
const NEXT_TO_NOTHING = 64 * MIB;

/** Whether the server may write to `DATA_DIR`, and whether the disk has room for the journal. */
export const dataDir: Check<Machine> = {
  name: 'data directory',
  look: async ({ settings }) => {
    const directory = resolve(settings.DATA_DIR);
    const entry = await stat(directory).catch(() => undefined);
    if (entry !== undefined && !entry.isDirectory()) {
      return problem(`${directory} is not a directory.`, 'Set DATA_DIR to another directory, or remove the file.');
    }
    const existing = entry === undefined ? await parentOf(directory) : directory;
    return [
      await whetherWritable(directory, existing),
      spaceFinding(await freeBytes(existing), settings, existing),
    ];
  },
};

/** Whether the disk has room for what the journal may take. */
export function spaceFinding(
  free: number,
  { JOURNAL_MODE, JOURNAL_MAX_MIB }: Pick<Settings, 'JOURNAL_MODE' | 'JOURNAL_MAX_MIB'>,
  directory: string,
): Finding {
  const found = `The disk of ${directory} has ${sizeText(free)} free`;
  if (free < NEXT_TO_NOTHING) return problem(`${found}.`, 'Free disk space, or move DATA_DIR to another disk.');
  if (JOURNAL_MODE !== 'off' && free < JOURNAL_MAX_MIB * MIB) {
    return warning(
      `${found}, less than the maximum size of the journal (JOURNAL_MAX_MIB, ${sizeText(JOURNAL_MAX_MIB * MIB)}).`,
      'Free disk space, or lower JOURNAL_MAX_MIB. A full journal pauses reading from nodes; a full disk breaks more.',
    );
  }
  return ok(`${found}.`);
}

async function whetherWritable(directory: string, existing: string): Promise<Finding> {
  const { uid } = await stat(existing);
  const user = process.geteuid?.() ?? uid;
  const exists = directory === existing;
  try {
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const whose = `belongs to user id ${uid}, and user id ${user} cannot write to it`;
    return problem(
      exists ? `${directory} ${whose}.` : `${directory} does not exist, and ${existing} ${whose}.`,
      'Run server and doctor as its owner, change its owner (chown), or set DATA_DIR to another directory.',
    );
  }
  if (!exists) return ok(`${directory} does not exist yet; the server creates it.`);
  return ok(`${directory} is writable${uid === user ? '' : `, and belongs to user id ${uid}`}.`);
}

/** The nearest directory above that exists. */
async function parentOf(directory: string): Promise<string> {
  for (let above = dirname(directory); ; above = dirname(above)) {
    const entry = await stat(above).catch(() => undefined);
    if (entry !== undefined || above === dirname(above)) return above;
  }
}

/** For who is not root. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
