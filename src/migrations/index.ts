import { CreateMessageTables1764000000000 } from './1764000000000-create-message-tables.js';
import { CreateBenchmarkTables1764100000000 } from './1764100000000-create-benchmark-tables.js';
import { CreateImportTables1764200000000 } from './1764200000000-create-import-tables.js';
import { CreateHistoryTables1764300000000 } from './1764300000000-create-history-tables.js';
import { CreateInsightTables1764400000000 } from './1764400000000-create-insight-tables.js';
import { CreateStatusTables1764500000000 } from './1764500000000-create-status-tables.js';
import { SummarizeSessions1764600000000 } from './1764600000000-summarize-sessions.js';

/** Every migration, oldest first. */
export const migrations = [
  CreateMessageTables1764000000000,
  CreateBenchmarkTables1764100000000,
  CreateImportTables1764200000000,
  CreateHistoryTables1764300000000,
  CreateInsightTables1764400000000,
  CreateStatusTables1764500000000,
  SummarizeSessions1764600000000,
];

/**
 * Migrations after which servers of earlier versions still work, such as those that only add a table, an index or a
 * nullable column. After any other migration, an earlier version refuses to start.
 */
const COMPATIBLE: readonly (typeof migrations)[number][] = [
  CreateInsightTables1764400000000,
  CreateStatusTables1764500000000,
  SummarizeSessions1764600000000,
];

/** TypeORM requires a timestamp at the end of the name. */
const timestampOf = ({ name }: { name: string }): number => Number(name.slice(-13));

/** Timestamps of the last migration, and of the last one that a server must know to run on its schema. */
export const schemaVersion = {
  newest: Math.max(...migrations.map(timestampOf)),
  compatibleSince: Math.max(...migrations.filter((one) => !COMPATIBLE.includes(one)).map(timestampOf)),
};
