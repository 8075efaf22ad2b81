import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../support/built.js';
import { CLI } from '../support/command-line.js';
import { tempDir } from '../support/temp-dir.js';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const VERSIONS = ['16', '18', '20.18.0', '22.12.0'];

interface Failure {
  code: number;
  stdout: string;
  stderr: string;
}

describe.runIf(process.platform === 'linux')(
  'a version of Node.js that is not supported',
  { timeout: 300_000 },
  () => {
    let folder: string;

    beforeAll(async () => {
      folder = await tempDir('old-node');
    });

    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    /** Node.js from npm; undefined where it cannot be fetched. */
    async function fetchNode(version: string): Promise<string | undefined> {
      const prefix = join(folder, version);
      await mkdir(prefix);
      const spec = `node-linux-${process.arch}@${version}`;
      const args = [
        'install',
        '--prefix',
        prefix,
        '--no-save',
        '--no-audit',
        '--no-fund',
        '--ignore-scripts',
        spec,
      ];
      try {
        await run('npm', args, { timeout: 120_000 });
        return join(prefix, 'node_modules', `node-linux-${process.arch}`, 'bin');
      } catch {
        return undefined;
      }
    }

    it.for(VERSIONS)('%s is refused in one line by every way to start', async (version, context) => {
      const bin = await fetchNode(version);
      if (bin === undefined) return context.skip(`Node.js ${version} cannot be fetched from npm.`);
      const environment = {
        PATH: `${bin}:${process.env.PATH ?? ''}`,
        DATABASE_URL: 'postgres://127.0.0.1:1/x',
      };
      const failing = (
        program: string,
        args: readonly string[],
        more: Record<string, string> = {},
      ): Promise<Failure> =>
        run(program, args, { cwd: ROOT, env: { ...environment, ...more } }).then(
          () => ({ code: 0, stdout: '', stderr: '' }),
          (error: unknown) => error as Failure,
        );
      const line =
        /^Tetcore Analytics needs Node\.js 20 \(from 20\.19\.0\), 22 .* this is Node\.js [\d.]+\. [^\n]*\n$/;
      for (const args of [[built('main.js')], [CLI, 'start'], [CLI, 'doctor'], [CLI, '--help']]) {
        const { code, stdout, stderr } = await failing(join(bin, 'node'), args);
        expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: '' });
        expect(stderr).toMatch(line);
      }
      const { stderr } = await failing(join(bin, 'node'), [built('main.js')], { LOG_FORMAT: 'json' });
      expect(JSON.parse(stderr)).toMatchObject({
        level: 'fatal',
        time: expect.stringMatching(/Z$/) as string,
      });
      // npm itself needs a Node.js of its own: what it runs finds the old one.
      const started = await failing(join(bin, 'node'), [join(ROOT, 'scripts/ensure-built.mjs'), '--newer']);
      expect(started.stderr).toMatch(line);
    });
  },
);
