import { Command, InvalidArgumentError } from 'commander';
import { examples } from '../examples.js';

interface Options {
  json?: boolean;
  replicas?: number;
}

/** Looks at settings, machine and database, and says what is wrong with them and what to do. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('check settings, machine and database')
    .description(
      'Checks settings, machine and database, and says what to do about what is wrong. It changes nothing. Run it with ' +
        'the settings of the server, and as its user.',
    )
    .option('--json', 'print what was found as JSON')
    .option(
      '--replicas <number>',
      'how many servers there are to be on the database (default: as many as run)',
      replicas,
    )
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics doctor', 'beside a server, with its settings and as its user'],
        ['tetcore-analytics doctor --replicas 4', 'whether the database has connections for four'],
        ['tetcore-analytics doctor --json', 'for programs; exits with 1 where there is a problem'],
      ),
    )
    .action(async ({ json = false, replicas: planned }: Options) => {
      const { runDoctor } = await import('../work/doctor.js');
      process.exitCode = await runDoctor({ json, replicas: planned });
    });
}

function replicas(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes a whole number from 1 to 9999.');
}
