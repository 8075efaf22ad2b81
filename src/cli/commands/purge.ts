import { Command } from 'commander';
import { examples } from '../examples.js';

/** Purges once, as servers do every `PURGE_INTERVAL_S`. */
export function purgeCommand(): Command {
  return new Command('purge')
    .summary('remove expired data now')
    .description(
      'Removes expired data once, as servers do every PURGE_INTERVAL_S. Servers may run at the same time. Without ' +
        'DATABASE_URL it purges the embedded PostgreSQL of the server that runs in DATA_DIR.',
    )
    .option('--dry-run', 'change nothing; print what would be removed')
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics purge --dry-run', 'list partitions with rows and sizes, and rows of other tables'],
        ['LOG_EXPIRY_H=720 tetcore-analytics purge', 'remove messages older than 30 days'],
      ),
    )
    .action(async ({ dryRun }: { dryRun?: true }) => {
      const { previewPurge, purgeNow } = await import('../work/purge.js');
      await (dryRun === true ? previewPurge() : purgeNow());
    });
}
