import { execFile, spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/platform/config/index.js';
import { readProjectFile, ROOT } from '../support/markdown.js';
import { tempDir } from '../support/temp-dir.js';

const UNIT = 'deployment/tetcore-analytics.service';
/** 10 is a service without any protection; systemd calls 3 OK. */
const MAX_EXPOSURE = 3;

const unit = readProjectFile(UNIT);
const valueOf = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1];

const run = promisify(execFile);
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasSystemd) console.warn('The systemd unit is not verified: apt-get install -y systemd.');

describe('the systemd unit', () => {
  it('lets the server and its PostgreSQL stop in time, and has room for its nodes', () => {
    expect(valueOf('KillMode')).toBe('mixed');
    const { SHUTDOWN_TIMEOUT_S, HTTP_MAX_CONNECTIONS } = readSettings({});
    expect(Number(valueOf('TimeoutStopSec'))).toBeGreaterThan(SHUTDOWN_TIMEOUT_S);
    expect(Number(valueOf('LimitNOFILE'))).toBeGreaterThan(HTTP_MAX_CONNECTIONS + 1_000);
    expect(valueOf('Environment')).toBe(`DATA_DIR=/var/lib/${valueOf('StateDirectory') ?? ''}`);
  });

  it('leaves V8 its compiler, and the server its sockets', () => {
    expect(valueOf('MemoryDenyWriteExecute')).toBeUndefined();
    expect(valueOf('RestrictAddressFamilies')?.split(' ')).toEqual(['AF_INET', 'AF_INET6', 'AF_UNIX']);
  });

  it.skipIf(!hasSystemd)('is accepted by systemd', async () => {
    const folder = await tempDir('systemd');
    try {
      // On this machine, node and the project may be elsewhere.
      const file = join(folder, 'tetcore-analytics.service');
      const here = unit
        .replaceAll('/usr/bin/node', process.execPath)
        .replaceAll('/opt/tetcore-analytics', ROOT);
      await writeFile(file, here);
      const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', file]);
      const own = (stdout + stderr).split('\n').filter((line) => line.includes('tetcore-analytics'));
      expect(own).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.skipIf(!hasSystemd)('exposes little', async () => {
    const args = [
      'security',
      '--offline=true',
      '--no-pager',
      `--threshold=${(MAX_EXPOSURE * 10).toString()}`,
    ];
    const { stdout } = await run('systemd-analyze', [...args, join(ROOT, UNIT)]);
    const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
    expect(Number(exposure)).toBeLessThanOrEqual(MAX_EXPOSURE);
  });
});
