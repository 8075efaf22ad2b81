import { once } from 'node:events';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Machine, runChecks } from '../../src/cli/doctor/check.js';
import { machineChecks, settingsFindings, thisMachine } from '../../src/cli/doctor/machine-checks.js';
import { Journal } from '../../src/delivery/journal/index.js';
import { parseEnvFile, readSettings } from '../../src/platform/config/index.js';
import { DirectoryLock } from '../../src/platform/lock/index.js';
import { batch, row } from '../support/batches.js';
import { commandLine } from '../support/command-line.js';
import { freePort } from '../support/free-port.js';
import { sharedServer } from '../support/shared-server.js';
import { tempDir } from '../support/temp-dir.js';

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
/** Nothing but one file system, on a local disk. */
const LOCAL = '21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw';
const OWN_NAME = `process ${process.pid} (`;

/** What is not ok in a situation, as `check level: message → advice`. */
async function foundIn(machine: Machine): Promise<string[]> {
  return (await runChecks(machineChecks, machine))
    .filter(({ level }) => level !== 'ok')
    .map(({ check, level, message, advice }) => `${check} ${level}: ${message} → ${advice ?? ''}`);
}

/** A listener on a free port. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('doctor on a machine', () => {
  const shared = sharedServer({ TRUSTED_PROXIES: '192.0.2.1' });
  let dataDir: string;
  const cleanUp: (() => unknown)[] = [];

  beforeEach(async () => {
    dataDir = await tempDir('doctor');
    cleanUp.push(() => rm(dataDir, { recursive: true, force: true }));
  });

  afterEach(async () => {
    for (const end of cleanUp.splice(0).reverse()) await end();
  });

  /** A machine that is in order, with the differences of a situation. */
  async function machine(
    environment: Record<string, string> = {},
    facts: Partial<Omit<Machine, 'settings'>> = {},
  ): Promise<Machine> {
    const given = { DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: (await freePort()).toString() };
    return {
      ...thisMachine(readSettings({ ...given, DB_POOL_SIZE: '10', ...environment })),
      node: '24.11.0',
      openFiles: 65_536,
      mountinfo: LOCAL,
      freeBytes: () => Promise.resolve(100 * GIB),
      now: Date.UTC(2026, 10, 29),
      ...facts,
    };
  }

  it('finds nothing on one that is in order', async () => {
    expect(await foundIn(await machine())).toEqual([]);
    const { node, openFiles, freeBytes } = thisMachine(readSettings({}));
    expect([node, openFiles === undefined || openFiles > 0]).toEqual([process.versions.node, true]);
    expect(await freeBytes(dataDir)).toBeGreaterThan(0);
  });

  interface Situation {
    what: string;
    set: () => Machine | Promise<Machine>;
    finds: string;
  }

  const situations: Situation[] = [
    {
      what: 'a DATA_DIR that a process holds, and no server on PORT',
      set: async () => {
        const lock = await DirectoryLock.acquire(dataDir);
        cleanUp.push(() => lock.release());
        return await machine();
      },
      finds:
        `data directory problem: DIR is in use by process ${process.pid} on host HOST, since TIME, and no server responds ` +
        'on port N (PORT). → If that is your server, run doctor with its settings. Otherwise stop that process, or set DATA_DIR to another directory.',
    },
    {
      what: 'a file in the place of DATA_DIR',
      set: async () => {
        await writeFile(join(dataDir, 'file'), '');
        return await machine({ DATA_DIR: join(dataDir, 'file') });
      },
      finds:
        'data directory problem: DIR/file is not a directory. → Set DATA_DIR to another directory, or remove the file.',
    },
    {
      what: 'a full disk',
      set: () => machine({}, { freeBytes: () => Promise.resolve(3 * MIB) }),
      finds:
        'data directory problem: The disk of DIR has 3 MiB free. → Free disk space, or move DATA_DIR to another disk.',
    },
    {
      what: 'a disk that is smaller than the journal may become',
      set: () => machine({ JOURNAL_MAX_MIB: '1024' }, { freeBytes: () => Promise.resolve(1000 * MIB) }),
      finds:
        'data directory warning: The disk of DIR has 1000 MiB free, less than the maximum size of the journal (JOURNAL_MAX_MIB, 1 GiB). ' +
        '→ Free disk space, or lower JOURNAL_MAX_MIB. A full journal pauses reading from nodes; a full disk breaks more.',
    },
    {
      what: 'a network file system',
      set: () => machine({}, { mountinfo: `${LOCAL}\n30 21 0:40 / ${dataDir} rw - nfs4 nas:/export rw` }),
      finds:
        'data directory warning: DIR is on a network file system (nfs4). → Set DATA_DIR to a local disk: a network file system can lose what it has confirmed, or keep locks to one machine.',
    },
    {
      what: 'a port of another program',
      set: async () => {
        const other = createHttpServer((_, response) => response.end('{"status":"live"}'));
        const port = await listening(other);
        cleanUp.push(() => other.close());
        return await machine({ PORT: port.toString() });
      },
      finds: `ports problem: Port N (PORT) of 127.0.0.1 is used by HOLDER. → Stop that process, or set PORT to another port.`,
    },
    {
      what: 'a HOST of another machine',
      set: () => machine({ HOST: '192.0.2.1', API_TOKENS: 'read:0123456789abcdef' }),
      finds:
        'ports problem: 192.0.2.1 (HOST) is not an address of this machine. → Set HOST to an address of this machine, or to 0.0.0.0.',
    },
    {
      what: 'too few open files',
      set: () => machine({ HTTP_MAX_CONNECTIONS: '1000' }, { openFiles: 1024 }),
      finds:
        'open files warning: The limit of open files is 1024 for processes started here, but HTTP_MAX_CONNECTIONS=1000 may need 1272. ' +
        'The server lowers its connection limits accordingly. → Raise the limit (LimitNOFILE, ulimit -n), or lower HTTP_MAX_CONNECTIONS.',
    },
    {
      what: 'a proxy that the running server does not trust',
      set: async () => {
        const { http } = shared().server;
        await fetch(`${http}/nodes`, { headers: { 'X-Forwarded-For': '198.51.100.7' } });
        return await machine({ PORT: new URL(http).port });
      },
      finds:
        'proxies warning: The running server ignored the client address that N requests had in Forwarded or X-Forwarded-For: their sender is not in TRUSTED_PROXIES. ' +
        '→ If it is your proxy, add its address to TRUSTED_PROXIES: docs/operations.md#symptoms. If clients send these headers themselves, change nothing.',
    },
    {
      what: 'a server that is open to the network',
      set: () => machine({ HOST: '0.0.0.0' }),
      finds:
        'access warning: Any client that reaches the port can read all stored data: API_TOKENS is not set, and HOST is 0.0.0.0. ' +
        '→ Set API_TOKENS, or restrict access with a firewall or a proxy: docs/operations.md#on-a-public-network.',
    },
    {
      what: 'pages of all origins without tokens',
      set: () => machine({ CORS_ORIGINS: '*' }),
      finds:
        'access warning: Every web page that a user of this network opens can read and change data: CORS_ORIGINS is *, and API_TOKENS is not set. ' +
        '→ Set API_TOKENS, or list the origins of your pages in CORS_ORIGINS.',
    },
    {
      what: 'all names without tokens',
      set: () => machine({ ALLOWED_HOSTS: '*' }),
      finds:
        'access warning: Web pages can reach the server by DNS rebinding: ALLOWED_HOSTS is *, and API_TOKENS is not set. ' +
        '→ Set API_TOKENS, or list the names of the server in ALLOWED_HOSTS.',
    },
    {
      what: 'proxies of every address',
      set: () => machine({ TRUSTED_PROXIES: '0.0.0.0/0', TELEMETRY_ALLOWED_IPS: '10.0.0.0/8' }),
      finds:
        'access problem: Every client can claim any address, and so pass TELEMETRY_ALLOWED_IPS: TRUSTED_PROXIES has all addresses. → List the addresses of your proxies only.',
    },
    {
      what: 'a Node.js that is not supported',
      set: () => machine({}, { node: '18.20.4' }),
      finds:
        'Node.js problem: Tetcore Analytics needs Node.js 20 (from 20.19.0), 22 (from 22.13.0), 24.11.0 or later, and this is Node.js 18.20.4. ' +
        'Install another version: https://nodejs.org/ → Install a supported version of Node.js.',
    },
    {
      what: 'a Node.js that is no longer maintained',
      set: () => machine({}, { node: '20.20.2' }),
      finds:
        'Node.js warning: Node.js 20.20.2 has had no security fixes since 2026-04-30. → Install a version that is maintained: https://nodejs.org/en/about/previous-releases.',
    },
  ];

  it.each(situations)('finds $what, and says what to do', async ({ set, finds }) => {
    const found = await foundIn(await set());
    const general = found.map((text) =>
      text
        .replaceAll(dataDir, 'DIR')
        .replace(/on host \S+,/, 'on host HOST,')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'TIME')
        .replace(/\bport \d+ \(PORT\)/i, (port) => port.replace(/\d+/, 'N'))
        .replace(/that \d+ requests/, 'that N requests')
        .replace(
          process.platform === 'linux' ? new RegExp(`process ${process.pid} \\(.*?\\)`) : 'another process',
          'HOLDER',
        ),
    );
    expect(general).toEqual([finds]);
  });

  it.skipIf(process.getuid?.() === 0)(
    'finds a DATA_DIR that is not writable, and says whose it is',
    async () => {
      await chmod(dataDir, 0o500);
      expect((await foundIn(await machine()))[0]).toMatch(
        /^data directory problem: .* belongs to user id \d+, and user id \d+ cannot write to it\. → Run server and doctor as its owner, /,
      );
    },
  );

  it('finds a program on the port that does not respond', { timeout: 20_000 }, async () => {
    const silent = createServer();
    const port = await listening(silent);
    cleanUp.push(() => silent.close());
    expect((await foundIn(await machine({ PORT: port.toString() })))[0]).toContain(
      process.platform === 'linux' ? `is used by ${OWN_NAME}` : 'is used by another process',
    );
  });

  it('tells a running server from other programs', async () => {
    const { port } = new URL(shared().server.http);
    const lock = await DirectoryLock.acquire(dataDir);
    cleanUp.push(() => lock.release());
    const findings = await runChecks(machineChecks, await machine({ PORT: port }));
    const messages = findings.filter(({ level }) => level === 'ok').map(({ message }) => message);
    expect(messages).toContain(
      `Port ${port} (PORT) of 127.0.0.1 is used by a tetcore-analytics server, which is running.`,
    );
    expect(
      messages.find((message) => message.includes(`is used by process ${process.pid} on host`)),
    ).toBeTruthy();
  });

  it('finds abandoned journals', async () => {
    const journal = await Journal.open({
      directory: join(dataDir, 'journal'),
      maxBytes: MIB,
      onDamage: () => undefined,
      logger: { warn: () => undefined },
    });
    journal.append(batch({ expiring: [row()] }));
    // Journals of a running process are not abandoned.
    expect(await foundIn(await machine())).toEqual([]);
    await journal.close();
    expect((await foundIn(await machine()))[0]).toMatch(
      /^journal warning: At most 1 batch \(.* bytes\) of an ended process is pending in .* → A server with this DATA_DIR stores them/,
    );
    const foreign = join(dataDir, 'journal', uuid());
    await mkdir(foreign);
    await writeFile(join(foreign, 'journal.json'), '{"format":99}');
    expect((await foundIn(await machine()))[1]).toMatch(
      /^journal problem: Cannot read the journal .*: .* has format 99/,
    );
  });

  it('finds invalid settings and near misses', () => {
    expect(settingsFindings({ HOME: '/' })).toMatchObject({ findings: [{ level: 'ok' }] });
    const file = parseEnvFile('API_TOKEN=read:0123456789abcdef\nPROT=8090\nPORT 8090\n');
    const environment = { API_TOKEN: 'x', PROT: '8090', DB_BATCH_SIZE: '0' };
    const { settings, findings } = settingsFindings(environment, file);
    expect(settings).toBeUndefined();
    expect(findings.map(({ level, message, advice }) => `${level}: ${message} → ${advice ?? ''}`)).toEqual([
      'problem: DB_BATCH_SIZE is "0", but must be an integer from 1 to 65536. → Correct it in the environment or in .env: docs/configuration.md.',
      'problem: The variable API_TOKEN in .env is not a setting. The server does not start, because clients would have access. → If you mean API_TOKENS, rename it; otherwise remove it.',
      'warning: The variable PROT in .env is not a setting. → If you mean PORT, rename it; otherwise remove it.',
      'warning: Line 3 of .env is not an assignment, and is ignored. → Write PORT=value, or begin the line with # if it is a comment.',
    ]);
  });

  it('prints all of it as JSON, with an exit code', { timeout: 30_000 }, async () => {
    const file = join(dataDir, 'file');
    await writeFile(file, '');
    const { code, stdout, stderr } = await commandLine(['doctor', '--json'], {
      DATA_DIR: file,
      PORT: '0',
      HOST: '127.0.0.1',
      API_TOKEN: 'hunter2hunter2hunter2',
      LOG_FORMAT: 'json',
    });
    const report = JSON.parse(stdout) as {
      problems: number;
      findings: { check: string; level: string; advice?: string }[];
    };
    const problems = report.findings.filter(({ level }) => level === 'problem');
    expect(problems.map(({ check }) => check).slice(0, 2)).toEqual(['settings', 'data directory']);
    expect(problems.every(({ advice }) => advice !== undefined && advice !== '')).toBe(true);
    expect({ code, stderr, problems: report.problems }).toEqual({
      code: 1,
      stderr: '',
      problems: problems.length,
    });
    expect(stdout).not.toContain('hunter2');
  });
});
