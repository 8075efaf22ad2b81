import { Command } from 'commander';

/** Plays a network of nodes. Its options are read, and its help is written, by the simulator. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .summary('send the telemetry of a simulated network to a server or into a database')
    .description('tetcore-analytics simulate --help lists its options.')
    .usage('[options]')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .action(async (_options: object, { args }: Command) => {
      const { runSimulator } = await import('../../simulator/index.js');
      process.exitCode = await runSimulator(args);
    });
}
