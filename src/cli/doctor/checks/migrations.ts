import type { Settings } from '../../../platform/config/index.js';
import { migrationState } from '../../../storage/index.js';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';

/** Whether the schema is that of this version, and what else has changed it. */
export const migrations: Check<Database> = {
  name: 'migrations',
  look: async ({ dataSource, settings }) => {
    const { pending, unknown } = await migrationState(dataSource);
    const findings: Finding[] = [];
    if (unknown.length > 0) {
      findings.push(
        warning(
          `The database has migrations that are unknown to this version: ${unknown.join(', ')}.`,
          'Migrations of your own modules are expected here. For migrations of a later version, run that version or restore ' +
            'an earlier backup: docs/operations.md#upgrading.',
        ),
      );
    }
    if (pending.length > 0) findings.push(missing(pending, settings));
    return findings.length > 0 ? findings : ok('The schema is up to date.');
  },
};

function missing(
  pending: readonly string[],
  { MIGRATE_ON_START }: Pick<Settings, 'MIGRATE_ON_START'>,
): Finding {
  const found = `Pending migrations: ${pending.join(', ')}.`;
  if (MIGRATE_ON_START) return warning(found, 'The server applies them when it starts.');
  return problem(
    found,
    'Run tetcore-analytics migrate: with MIGRATE_ON_START=false the server does not start.',
  );
}
