import { CreateMessageTables1764000000000 } from './1764000000000-create-message-tables.js';
import { CreateBenchmarkTables1764100000000 } from './1764100000000-create-benchmark-tables.js';
import { CreateImportTables1764200000000 } from './1764200000000-create-import-tables.js';
import { CreateHistoryTables1764300000000 } from './1764300000000-create-history-tables.js';

/** Every migration, oldest first. */
export const migrations = [
  CreateMessageTables1764000000000,
  CreateBenchmarkTables1764100000000,
  CreateImportTables1764200000000,
  CreateHistoryTables1764300000000,
];
