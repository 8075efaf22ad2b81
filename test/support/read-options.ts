import { Command, InvalidArgumentError } from 'commander';
import { resolve } from 'node:path';

export type Options<Numbers extends string, Texts extends string> = Record<Numbers, number> &
  Partial<Record<Texts, string>> & {
    /** `main.js` of another build of the server; undefined: that of `dist`. */
    main: string | undefined;
  };

/**
 * Parses the command line of a program: numbers with defaults, optional texts, and `--dist`, the directory of another
 * build of the server. `--help` prints the options and exits, as an invalid command line does.
 */
export function readOptions<Numbers extends string, Texts extends string = never>(
  numbers: Record<Numbers, number>,
  texts: readonly Texts[] = [],
  args = process.argv.slice(2),
): Options<Numbers, Texts> {
  const command = optionsCommand(numbers, texts).parse([...args], { from: 'user' });
  const values: Record<string, unknown> = {};
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (value !== undefined) values[option.name()] = value;
  }
  const { dist, ...others } = values;
  return {
    ...others,
    main: typeof dist === 'string' ? resolve(dist, 'main.js') : undefined,
  } as Options<Numbers, Texts>;
}

/** The command of {@link readOptions}. */
export function optionsCommand(numbers: Record<string, number>, texts: readonly string[] = []): Command {
  const command = new Command().name('npm run …').usage('-- [options]');
  for (const [name, fallback] of Object.entries(numbers)) {
    command.option(`--${name} <number>`, '', toNumber, fallback);
  }
  for (const name of texts) command.option(`--${name} <text>`);
  return command.option('--dist <directory>', 'another build of the server (default: "dist")');
}

function toNumber(text: string): number {
  const number = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It must be a number.');
}
