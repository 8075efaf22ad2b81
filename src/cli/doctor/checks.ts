import type { Check, Database, Machine } from './check.js';
import { access } from './checks/access.js';
import { autovacuum } from './checks/autovacuum.js';
import { clock } from './checks/clock.js';
import { connections } from './checks/connections.js';
import { dataDir } from './checks/data-dir.js';
import { databaseDisk } from './checks/database-disk.js';
import { databaseVersion } from './checks/database-version.js';
import { durability } from './checks/durability.js';
import { encryption } from './checks/encryption.js';
import { journals } from './checks/journals.js';
import { lastPurge } from './checks/last-purge.js';
import { migrations } from './checks/migrations.js';
import { openFiles } from './checks/open-files.js';
import { partitions } from './checks/partitions.js';
import { permissions } from './checks/permissions.js';
import { ports } from './checks/ports.js';
import { servers } from './checks/servers.js';

/** Need valid settings. */
export const machineChecks: readonly Check<Machine>[] = [dataDir, journals, ports, openFiles, access];

/** Need a database that answers. */
export const databaseChecks: readonly Check<Database>[] = [
  databaseVersion,
  encryption,
  clock,
  durability,
  autovacuum,
  databaseDisk,
  permissions,
  migrations,
];

/** Need a database whose schema is up to date. */
export const schemaChecks: readonly Check<Database>[] = [servers, connections, partitions, lastPurge];
