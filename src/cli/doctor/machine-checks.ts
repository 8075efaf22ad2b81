import { access as checkAccess, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type JournalSummary, inspectAbandonedJournals } from '../../delivery/index.js';
import {
  ConfigModule,
  type EnvFile,
  InvalidSettingsError,
  nearMisses,
  parseEnvFile,
  readSettings,
  REFUSED,
  type Settings,
} from '../../platform/config/index.js';
import { accessDenied, codeOf } from '../../platform/errors/index.js';
import { freeBytes, nearestDirectory, networkFileSystem, readMountinfo } from '../../platform/disk/index.js';
import {
  type ListenAddress,
  listenAddresses,
  listenProblem,
  tryListening,
} from '../../platform/listen/index.js';
import { DirectoryLock, type LockHolder } from '../../platform/lock/index.js';
import { neededFiles, openFilesLimit } from '../../platform/open-files/index.js';
import { nodeProblem } from '../../preflight.mjs';
import { READER_CONNECTIONS } from '../../storage/index.js';
import { formatSize, messageOf } from '../output.js';
import { type Check, type Finding, type Machine, ok, problem, warning } from './check.js';
import { access } from './access-checks.js';
import { endOfLife } from './node-releases.js';
import { queue } from './queue-check.js';
import { serverMetric, serverState, urlOf } from './running-server.js';

/** This machine, as the checks see it. */
export function thisMachine(settings: Settings): Machine {
  return {
    settings,
    node: process.versions.node,
    openFiles: openFilesLimit(),
    mountinfo: readMountinfo(),
    freeBytes,
    now: Date.now(),
  };
}

/** Checks the settings in the environment; `settings` is undefined if they are invalid. */
export async function checkSettings(): Promise<{ settings: Settings | undefined; findings: Finding[] }> {
  return settingsFindings(await ConfigModule.environment(), ConfigModule.envFile());
}

/**
 * The same for the given variables.
 *
 * @param file from which a part of them comes
 */
export function settingsFindings(
  environment: Record<string, unknown>,
  file: EnvFile = parseEnvFile(''),
): { settings: Settings | undefined; findings: Finding[] } {
  const misses = nearMisses(environment, file).map(({ refused, message, advice }) =>
    refused ? problem(`${message} ${REFUSED}`, advice) : warning(message, advice),
  );
  try {
    const settings = readSettings(environment, file);
    return { settings, findings: [ok('All settings are valid.'), ...misses] };
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error;
    const problems = error.problems.map((text) =>
      problem(text, 'Correct it in the environment or in .env: docs/configuration.md.'),
    );
    return { settings: undefined, findings: [...problems, ...misses] };
  }
}

/** Whether this version of Node.js is supported and maintained. */
export const nodeVersion: Check<Machine> = {
  name: 'Node.js',
  run: ({ node, now }) => {
    const unsupported = nodeProblem(node);
    if (unsupported !== undefined) return problem(unsupported, 'Install a supported version of Node.js.');
    const ended = endOfLife(node);
    if (ended === undefined || ended.getTime() > now) return ok(`Node.js ${node} is supported.`);
    return warning(
      `Node.js ${node} has had no security fixes since ${ended.toISOString().slice(0, 10)}.`,
      'Install a version that is maintained: https://nodejs.org/en/about/previous-releases.',
    );
  },
};

const MIB = 1024 ** 2;
/** Less free space is a problem: bytes. */
const CRITICAL_SPACE = 64 * MIB;

/** Whether `DATA_DIR` is a writable directory of a local disk with space for the journal, and no other server uses it. */
export const dataDir: Check<Machine> = {
  name: 'data directory',
  run: async ({ settings, freeBytes, mountinfo }) => {
    const directory = resolve(settings.DATA_DIR);
    const entry = await stat(directory).catch(() => undefined);
    if (entry !== undefined && !entry.isDirectory()) {
      return problem(
        `${directory} is not a directory.`,
        'Set DATA_DIR to another directory, or remove the file.',
      );
    }
    const existing = await nearestDirectory(directory);
    return [
      await checkWritable(directory, existing),
      spaceFinding(await freeBytes(existing), settings, existing),
      ...networkFindings(existing, mountinfo),
      ...(await holderFindings(directory, settings)),
    ];
  },
};

function networkFindings(directory: string, mountinfo: string): Finding[] {
  const type = networkFileSystem(directory, mountinfo);
  if (type === undefined) return [];
  return [
    warning(
      `${directory} is on a network file system (${type}).`,
      'Set DATA_DIR to a local disk: a network file system can lose what it has confirmed, or keep locks to one machine.',
    ),
  ];
}

/** With a database of its own, several servers may use the directory. */
async function holderFindings(directory: string, { DATABASE_URL, HOST, PORT }: Settings): Promise<Finding[]> {
  if (DATABASE_URL !== undefined) return [];
  let holder: LockHolder | undefined;
  try {
    holder = DirectoryLock.holder(directory);
  } catch (error) {
    const advice =
      accessDenied(error) ?? 'Run doctor as the user of the server, with DATA_DIR on a local disk';
    return [problem(`Cannot check the lock of ${directory}: ${messageOf(error)}`, `${advice}.`)];
  }
  if (holder === undefined) return [];
  const who = `process ${holder.pid} on host ${holder.host}`;
  const state = PORT === 0 ? undefined : await serverState(urlOf(HOST, PORT));
  if (state !== undefined) return [ok(`${directory} is used by ${who}, since ${holder.since}.`)];
  return [
    problem(
      `${directory} is in use by ${who}, since ${holder.since}, and no server responds on port ${PORT} (PORT).`,
      'If that is your server, run doctor with its settings. Otherwise stop that process, or set DATA_DIR to another directory.',
    ),
  ];
}

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

/** Whether there are abandoned journals with unstored batches. */
export const journals: Check<Machine> = {
  name: 'journal',
  run: async ({ settings }) => {
    const dataDir = await stat(resolve(settings.DATA_DIR)).catch(() => undefined);
    // Another check reports a file in its place.
    const isDirectory = dataDir?.isDirectory() ?? true;
    const left = isDirectory ? await inspectAbandonedJournals(resolve(settings.DATA_DIR, 'journal')) : [];
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
  run: ({ settings }) => Promise.all(listenAddresses(settings).map(checkPort)),
};

async function checkPort(address: ListenAddress): Promise<Finding> {
  const { setting, host, port } = address;
  const what = `Port ${port} (${setting}) of ${host}`;
  const error = await tryListening(address);
  if (error === undefined) {
    return ok(port === 0 ? `${setting} is 0: the server uses any free port.` : `${what} is free.`);
  }
  const code = codeOf(error) ?? error.message;
  const state = code === 'EADDRINUSE' ? await serverState(urlOf(host, port)) : undefined;
  if (state !== undefined) return ok(`${what} is used by a tetcore-analytics server, which is ${state}.`);
  const { message, advice } = listenProblem(address, code);
  return problem(message, advice);
}

/** Whether the limit of open files is high enough for the connection limits. */
export const openFiles: Check<Machine> = {
  name: 'open files',
  run: ({ settings, openFiles: limit }) => {
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

/** Whether a running server gets addresses from a proxy that it does not trust. */
export const proxies: Check<Machine> = {
  name: 'proxies',
  run: async ({ settings: { HOST, PORT, METRICS_PORT } }) => {
    const ignored = await serverMetric(
      urlOf(HOST, METRICS_PORT ?? PORT),
      'tetcore_untrusted_forwarded_total',
    );
    if (ignored === undefined) return ok('No server is running here, so its proxies were not checked.');
    if (ignored === 0) return ok('The running server has ignored no address header.');
    return warning(
      `The running server ignored the client address that ${ignored} requests had in Forwarded or X-Forwarded-For: their sender is not in TRUSTED_PROXIES.`,
      'If it is your proxy, add its address to TRUSTED_PROXIES: docs/operations.md#symptoms. If clients send these headers themselves, change nothing.',
    );
  },
};

/** Checks that need valid settings. */
export const machineChecks: readonly Check<Machine>[] = [
  nodeVersion,
  dataDir,
  journals,
  ports,
  openFiles,
  access,
  proxies,
  queue,
];
