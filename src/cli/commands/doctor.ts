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
      'Checks settings, machine and database, and prints each problem with a remedy. It changes nothing. Run it with ' +
        'the settings of the server and as the user of the server.',
    )
    .option('--json', 'print the findings as JSON')
    .option(
      '--replicas <number>',
      'planned number of servers on the database (default: the number running now)',
      replicas,
    )
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics doctor', 'on the machine of a server, with its settings and as its user'],
        ['tetcore-analytics doctor --replicas 4', 'check whether the database has connections for four servers'],
        ['tetcore-analytics doctor --json', 'for scripts; the exit code is 1 if there is a problem'],
      ),
    )
    .action(async ({ json = false, replicas: planned }: Options) => {
      const { runDoctor } = await import('../work/doctor.js');
      process.exitCode = await runDoctor({ json, replicas: planned });
    });
}

function replicas(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be an integer from 1 to 9999.');
}
