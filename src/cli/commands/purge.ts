import { Command } from 'commander';
import { examples } from '../examples.js';

/** Purges once, as servers do every `PURGE_INTERVAL_S`. */
export function purgeCommand(): Command {
  return new Command('purge')
    .summary('remove what has expired, once and now')
    .description(
      'Removes what has expired, as servers do every PURGE_INTERVAL_S. They may run meanwhile. Without DATABASE_URL it ' +
        'purges the database of the server that runs in DATA_DIR.',
    )
    .option('--dry-run', 'change nothing, and print what would be removed')
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics purge --dry-run', 'partitions with rows and sizes, rows of other tables'],
        ['LOG_EXPIRY_H=720 tetcore-analytics purge', 'what is older than 30 days'],
      ),
    )
    .action(async ({ dryRun }: { dryRun?: true }) => {
      const { previewPurge, purgeNow } = await import('../work/purge.js');
      await (dryRun === true ? previewPurge() : purgeNow());
    });
}
