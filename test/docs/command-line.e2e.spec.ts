import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { databaseChecks } from '../../src/cli/doctor/database-checks.js';
import { machineChecks } from '../../src/cli/doctor/machine-checks.js';
import { schema, schemaChecks } from '../../src/cli/doctor/schema-checks.js';
import { createProgram } from '../../src/cli/program.js';
import { codesIn, markdownFiles, readProjectFile, tableUnder } from '../support/markdown.js';

const page = readProjectFile('docs/command-line.md');
const program = await createProgram(['simulate']);
/** Those that run, by their whole name: `purge`, `insight rebuild`. */
const commands = new Map(
  program.commands.flatMap((command) =>
    command.commands.length === 0
      ? [[command.name(), command] as const]
      : command.commands.map((inner) => [`${command.name()} ${inner.name()}`, inner] as const),
  ),
);

/** The long names, without that of the help. */
function optionsOf(command: Command): string[] {
  return command.options.map(({ long }) => long ?? '');
}

/** Of a name that other words may follow. */
function commandOf(name: string): Command | undefined {
  return commands.get(name) ?? commands.get(name.split(' ')[0] ?? '');
}

/** What stands below the heading of a command. */
function sectionOf(name: string): string {
  return new RegExp(`^## ${name}\\n[\\s\\S]*?(?=^## |$(?![\\s\\S]))`, 'm').exec(page)?.[0] ?? '';
}

describe('docs/command-line.md', () => {
  it('lists the commands', () => {
    const listed = tableUnder(page, '## Commands').map(([cell = '']) => codesIn(cell)[0]);
    expect(listed).toEqual([...commands.keys(), 'help']);
    for (const { long, short } of program.options) {
      expect(page).toContain(`\`${long ?? ''}\``);
      expect(page).toContain(`\`${short ?? ''}\``);
    }
  });

  it('lists the options of each', () => {
    for (const [name, command] of commands) {
      const section = sectionOf(name);
      expect([name, section]).not.toEqual([name, '']);
      const listed = [...section.matchAll(/^\| `(--[\w-]+)`/gm)].map(([, option]) => option);
      expect([name, listed]).toEqual([name, optionsOf(command)]);
      expect(section).toContain(`tetcore-analytics ${name}`);
    }
  });

  it('lists the checks of the doctor, in their order', () => {
    const own = (checks: readonly { name: string }[]): string[] => checks.map(({ name }) => name);
    const section = sectionOf('doctor');
    const listed = tableUnder(`\n## checks\n${section.slice(section.indexOf('| check '))}`, '## checks').map(
      ([cell = '']) => codesIn(cell)[0],
    );
    expect(listed).toEqual([
      'settings',
      ...own(machineChecks),
      'database',
      ...own(databaseChecks),
      schema.name,
      ...own(schemaChecks),
    ]);
  });
});

describe('the documentation', () => {
  it('calls commands and options of tetcore-analytics that are there', () => {
    const calls = markdownFiles().flatMap((file) =>
      [
        ...readProjectFile(file).matchAll(
          /(?:tetcore-analytics|dist\/cli\/main\.js) ([a-z]+(?: [a-z]+)?)((?: [^\n`|;&]+)?)/g,
        ),
      ].map(([, name = '', rest = '']) => ({ file, name, options: rest.match(/(?<= )--[\w-]+/g) ?? [] })),
    );
    const known = calls.filter(({ name }) => commandOf(name) !== undefined);
    expect(known.length).toBeGreaterThan(10);
    const wrong = known.flatMap(({ file, name, options }) => {
      const command = commandOf(name);
      const there = command === undefined ? [] : [...optionsOf(command), '--help'];
      return options
        .filter((option) => !there.includes(option))
        .map((option) => `${file}: ${name} ${option}`);
    });
    expect(wrong).toEqual([]);
  });
});
