import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PACKAGE_VERSION } from '../../src/platform/config/index.js';
import { CLI, commandLine } from '../support/command-line.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';

const ROOT = resolve(import.meta.dirname, '../..');
const COMMANDS = ['start', 'migrate', 'simulate', 'import', 'purge', 'doctor'];

describe('tetcore-analytics', { timeout: 60_000 }, () => {
  it('is the program of the package', async () => {
    const { bin } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { bin: object };
    expect(bin).toEqual({ 'tetcore-analytics': 'dist/cli/main.js' });
    expect(await readFile(CLI, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('has help texts with examples', async () => {
    const helps = await Promise.all(
      [['--help'], ['help'], ...COMMANDS.map((name) => [name, '--help'])].map((args) => commandLine(args)),
    );
    for (const { code, stdout, stderr } of helps) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: tetcore-analytics .*^Examples?:\n {2}.*tetcore-analytics /ms);
    }
    expect(COMMANDS.filter((name) => helps[0]?.stdout.includes(`  ${name} `) !== true)).toEqual([]);
  });

  it('loads no more for its help than the parser of command lines', async () => {
    const allowed =
      /^(commander|\.\/program\.js|\.\.\/import\/index\.js|\.\.\/platform\/open-files\/index\.js|\.\.\/preflight\.mjs)$/;
    for (const name of ['main.ts', 'run-command-line.ts', 'program.ts']) {
      const code = await readFile(join(ROOT, 'src/cli', name), 'utf8');
      const imports = [...code.matchAll(/^import .*'(.+)';$/gm)].map(([, from = '']) => from);
      expect({ name, others: imports.filter((from) => !allowed.test(from)) }).toEqual({ name, others: [] });
    }
  });

  it('exits silently when its output is closed', async () => {
    const command = `"${process.execPath}" "${CLI}" --help | true; exit \${PIPESTATUS[0]}`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command]);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });

  it('prints the version', async () => {
    for (const option of ['--version', '-V']) {
      expect(await commandLine([option])).toEqual({ code: 0, stdout: `${PACKAGE_VERSION}\n`, stderr: '' });
    }
  });

  it('exits with 2 and a hint for an invalid command line', async () => {
    for (const [args, hint] of [
      [[], 'Commands:'],
      [['strat'], 'Did you mean start?'],
      [['migrate', '--chek'], 'Did you mean --check?'],
      [['purge', 'everything'], 'too many arguments'],
      [['doctor', '--replicas', '0'], 'an integer from 1 to 9999'],
      [['simulate', '--nodes', 'many'], 'an integer from 1 to 10000'],
      [['simulate', '--nodez', '3'], 'Did you mean --nodes?'],
    ] as const) {
      const { code, stdout, stderr } = await commandLine(args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toContain(hint);
      expect(stderr).toContain('--help');
    }
  });

  it('names invalid settings, and escapes control characters in their values', async () => {
    const environment = { PORT: 'http', LOG_LEVEL: '\u009b2J', JOURNAL_MODE: '\u202eon' };
    const commands = [['migrate'], ['purge'], ['start'], ['doctor']];
    for (const result of await Promise.all(commands.map((args) => commandLine(args, environment)))) {
      const { code, stdout, stderr } = result;
      expect(code).toBe(1);
      const said = stdout + stderr;
      expect(said).toContain('PORT is "http", but must be an integer from 0 to 65535.');
      expect(said).toContain('LOG_LEVEL is "\\u009b2J"');
      expect(said).not.toMatch(/[\u009b\u202e]|^ {4}at /m);
    }
  });

  it('prints no passwords', async () => {
    await using database = await TestDatabase.create();
    const wrong = new URL(database.url);
    wrong.password = 'hunter2hunter2';
    const calls = [
      [wrong.href, ['migrate']],
      [wrong.href, ['purge']],
      [wrong.href, ['doctor', '--json']],
      ['mysql://root:hunter2hunter2@127.0.0.1/x', ['doctor']],
      [`postgres://u:hunter2hunter2@127.0.0.1:${await freePort()}/x`, ['migrate']],
    ] as const;
    const results = calls.map(([DATABASE_URL, args]) => commandLine(args, { DATABASE_URL }));
    for (const { code, stdout, stderr } of await Promise.all(results)) {
      expect(code).toBe(1);
      expect(stdout + stderr).not.toContain('hunter2');
      expect(stdout + stderr).not.toMatch(/^ {4}at /m);
    }
    const url = 'mysql://h/db?user=x&password=hunter2';
    for (const [args, hint] of [
      [['import', '--from', 'mysql://u:hunter2@hunter2@127.0.0.1/x'], 'must be a URL such as'],
      [['import', '--from', 'host=old user=x password=hunter2'], 'must be a URL such as'],
      [['import', '--from', 'postgres://user:hunter2@/db?sslmode=on'], 'the unknown sslmode'],
      [['import', '--from', 'jdbc:postgresql://h/db?password=hunter2'], 'must be a URL such as'],
      [['import', '--from', url], 'must be a URL such as'],
      [['migrate', `--form=${url}`], "unknown option '--form=…'"],
      [['import', '--chunk', `a\n'${url}'`], 'an integer from 1 to'],
      [['import', '--from', 'postgres://h/x', '--genesis', 'a=hunter2'], 'must be NAME=HASH'],
      [[url], "unknown command 'mysql:…'"],
      [[`user=x password='hunter2'`], "unknown command 'user=…'"],
    ] as const) {
      const { code, stdout, stderr } = await commandLine(args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toContain(hint);
      expect(stderr).not.toContain('hunter2');
    }
  });
});
