import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { v7 as uuid } from 'uuid';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../support/command-line.js';
import { freePort } from '../support/free-port.js';
import { tempDir } from '../support/temp-dir.js';

describe('doctor with a blocked file system', { timeout: 60_000 }, () => {
  it('exits although a file system call does not return', async () => {
    const dataDir = await tempDir('doctor');
    const journal = join(dataDir, 'journal', uuid());
    await mkdir(journal, { recursive: true });
    // Opening it blocks until there is a writer.
    await promisify(execFile)('mkfifo', [join(journal, 'journal.json')]);
    const { code, stdout } = await commandLine(['doctor'], {
      DATA_DIR: dataDir,
      HOST: '127.0.0.1',
      PORT: (await freePort()).toString(),
    });
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/^problem {2}journal +Check failed: no result within 8 s\.$/m);
    expect(stdout).toMatch(/^ok +ports /m);
    expect(stdout).toMatch(/\n1 problem, /);
    await rm(dataDir, { recursive: true });
  });
});
