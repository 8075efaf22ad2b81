import { access as checkAccess, constants, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { type JournalSummary, inspectAbandonedJournals } from '../../delivery/index.js';
import {
  ConfigModule,
  InvalidSettingsError,
  misspelledSettings,
  readSettings,
  type Settings,
} from '../../platform/config/index.js';
import { neededFiles, openFilesLimit } from '../../platform/open-files/index.js';
import { READER_CONNECTIONS } from '../../storage/index.js';
import { formatSize } from '../output.js';
import { type Check, type Finding, type Machine, ok, problem, warning } from './check.js';

/** Checks the settings in the environment; `settings` is undefined if they are invalid. */
export async function checkSettings(): Promise<{ settings: Settings | undefined; findings: Finding[] }> {
  return settingsFindings(await ConfigModule.environment());
}

/** The same for the given variables. */
export function settingsFindings(environment: Record<string, unknown>): {
  settings: Settings | undefined;
  findings: Finding[];
} {
  const misspelled = misspelledSettings(environment).map(({ given, meant }) =>
    warning(`The environment variable ${given} is not a setting.`, `If you mean ${meant}, rename it.`),
  );
  try {
    const settings = readSettings(environment);
    return { settings, findings: [ok('All settings are valid.'), ...misspelled] };
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error;
    const problems = error.problems.map((text) =>
      problem(text, 'Correct it in the environment or in .env: docs/configuration.md.'),
    );
    return { settings: undefined, findings: [...problems, ...misspelled] };
  }
}

const MIB = 1024 ** 2;
/** Less free space is a problem: bytes. */
const CRITICAL_SPACE = 64 * MIB;

/** Whether `DATA_DIR` is writable, and whether its disk has space for the journal. */
export const dataDir: Check<Machine> = {
  name: 'data directory',
  run: async ({ settings }) => {
    const directory = resolve(settings.DATA_DIR);
    const entry = await stat(directory).catch(() => undefined);
    if (entry !== undefined && !entry.isDirectory()) {
      return problem(
        `${directory} is not a directory.`,
        'Set DATA_DIR to another directory, or remove the file.',
      );
    }
    const existing = entry === undefined ? await parentOf(directory) : directory;
    return [
      await checkWritable(directory, existing),
      spaceFinding(await freeBytes(existing), settings, existing),
    ];
  },
};

/** Whether the disk has space for the maximum size of the journal. */
export function spaceFinding(
  free: number,
  { JOURNAL_MODE, JOURNAL_MAX_MIB }: Pick<Settings, 'JOURNAL_MODE' | 'JOURNAL_MAX_MIB'>,
  directory: string,
): Finding {
  const found = `The disk of ${directory} has ${formatSize(free)} free`;
  if (free < CRITICAL_SPACE)
    return problem(`${found}.`, 'Free disk space, or move DATA_DIR to another disk.');
  if (JOURNAL_MODE !== 'off' && free < JOURNAL_MAX_MIB * MIB) {
    return warning(
      `${found}, less than the maximum size of the journal (JOURNAL_MAX_MIB, ${formatSize(JOURNAL_MAX_MIB * MIB)}).`,
      'Free disk space, or lower JOURNAL_MAX_MIB. A full journal pauses reading from nodes; a full disk breaks more.',
    );
  }
  return ok(`${found}.`);
}

async function checkWritable(directory: string, existing: string): Promise<Finding> {
  const { uid } = await stat(existing);
  const user = process.geteuid?.() ?? uid;
  const exists = directory === existing;
  try {
    await checkAccess(existing, constants.R_OK | constants.W_OK | constants.X_OK);
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

/** The nearest existing parent directory. */
async function parentOf(directory: string): Promise<string> {
  for (let above = dirname(directory); ; above = dirname(above)) {
    const entry = await stat(above).catch(() => undefined);
    if (entry !== undefined || above === dirname(above)) return above;
  }
}

/** Free space for users other than root. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** Whether there are abandoned journals with unstored batches. */
export const journals: Check<Machine> = {
  name: 'journal',
  run: async ({ settings }) => {
    const left = await inspectAbandonedJournals(resolve(settings.DATA_DIR, 'journal'));
    const findings = left.flatMap((journal) => journalFindings(journal, settings.JOURNAL_MODE === 'off'));
    return findings.length > 0 ? findings : ok('There are no abandoned journals with unstored batches.');
  },
};

function journalFindings(
  { path, batches, bytes, damaged, damagedMessages, unreadable }: JournalSummary,
  off: boolean,
): Finding[] {
  if (unreadable !== undefined) {
    return [
      problem(
        `Cannot read the journal ${path}: ${unreadable}`,
        'Run doctor as the user of the server. If that does not help, start the version that wrote the journal once.',
      ),
    ];
  }
  const findings: Finding[] = [];
  if (batches > 0) {
    findings.push(
      warning(
        `At most ${batches} ${batches === 1 ? 'batch' : 'batches'} (${formatSize(bytes)}) of an ended process ${batches === 1 ? 'is' : 'are'} pending in ${path}.`,
        off
          ? 'Start a server with this DATA_DIR and without JOURNAL_MODE=off. It stores them.'
          : 'A server with this DATA_DIR stores them within a minute once its database is available.',
      ),
    );
  }
  if (damaged > 0) {
    findings.push(
      warning(
        `${formatSize(damaged)} of the journal ${path} are damaged and lost, with at least ` +
          `${damagedMessages.toString()} messages.`,
        'Unless there was a power failure, check the disk for errors (dmesg).',
      ),
    );
  }
  return findings;
}

/** Whether the ports are free, or used by a server. */
export const ports: Check<Machine> = {
  name: 'ports',
  run: async ({ settings: { HOST, PORT, METRICS_PORT } }) => {
    const all = [
      { name: 'PORT', port: PORT },
      ...(METRICS_PORT === undefined ? [] : [{ name: 'METRICS_PORT', port: METRICS_PORT }]),
    ];
    return await Promise.all(all.map(({ name, port }) => checkPort(name, HOST, port)));
  },
};

async function checkPort(name: string, host: string, port: number): Promise<Finding> {
  const what = `Port ${port} (${name}) of ${host}`;
  const code = await listen(host, port);
  switch (code) {
    case undefined:
      return ok(port === 0 ? `${name} is 0: the server uses any free port.` : `${what} is free.`);
    case 'EADDRINUSE': {
      const state = await serverState(urlOf(host, port));
      if (state !== undefined) return ok(`${what} is used by a tetcore-analytics server, which is ${state}.`);
      return problem(
        `${what} is used by another program.`,
        `Stop that program, or set ${name} to another port.`,
      );
    }
    case 'EACCES':
      return problem(
        `This user cannot listen on ${what.replace('Port', 'port')}.`,
        `Set ${name} to 1024 or more, or give the service CAP_NET_BIND_SERVICE.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return problem(
        `${host} (HOST) is not an address of this machine.`,
        'Set HOST to an address of this machine, or to 0.0.0.0.',
      );
    default:
      return problem(`Cannot listen on ${what.replace('Port', 'port')}: ${code}.`, `Change HOST or ${name}.`);
  }
}

/** Listens briefly. Returns the error code if that fails. */
function listen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

const RESPONSE_TIMEOUT_MS = 3_000;

/** The URL of a local server by its listen address. */
function urlOf(host: string, port: number): string {
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

/** The state of a server at an address, such as `running`; undefined if it is another program. */
async function serverState(address: string): Promise<string | undefined> {
  try {
    const answer = (await ask(`${address}/health/live`).then((response) => response.json())) as {
      status?: unknown;
      state?: unknown;
    } | null;
    return answer?.status === 'live' && typeof answer.state === 'string' ? answer.state : undefined;
  } catch {
    return undefined;
  }
}

function ask(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS), redirect: 'error' });
}

/** Whether the limit of open files is high enough for the connection limits. */
export const openFiles: Check<Machine> = {
  name: 'open files',
  run: ({ settings }) => {
    const limit = openFilesLimit();
    if (limit === undefined) return ok('The limit of open files is unknown on this system.');
    return openFilesFinding(limit, settings);
  },
};

/** @param limit maximum number of open files of a process */
export function openFilesFinding(limit: number, settings: Settings): Finding {
  const needed = neededFiles(settings, READER_CONNECTIONS);
  const found = `The limit of open files is ${limit === Infinity ? 'infinite' : limit} for processes started here`;
  if (limit >= needed) return ok(`${found}; a service can have another limit.`);
  return warning(
    `${found}, but HTTP_MAX_CONNECTIONS=${settings.HTTP_MAX_CONNECTIONS} may need ${needed}. The server lowers its connection limits accordingly.`,
    `Raise the limit (LimitNOFILE, ulimit -n), or lower HTTP_MAX_CONNECTIONS.`,
  );
}

/** Whether any client can read stored data. */
export const access: Check<Machine> = {
  name: 'access',
  run: ({ settings: { API_TOKENS, HOST } }) => {
    if (API_TOKENS.length > 0)
      return ok(`The HTTP API and the live feed require a token (${API_TOKENS.length} configured).`);
    if (isLoopback(HOST)) return ok(`The server listens on ${HOST} only, so it needs no tokens.`);
    return warning(
      `Any client that reaches the port can read all stored data: API_TOKENS is not set, and HOST is ${HOST}.`,
      'Set API_TOKENS, or restrict access with a firewall or a proxy: docs/operations.md#on-a-public-network.',
    );
  },
};

/** Whether a host name or address is a loopback address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(name);
}

/** Checks that need valid settings. */
export const machineChecks: readonly Check<Machine>[] = [dataDir, journals, ports, openFiles, access];
