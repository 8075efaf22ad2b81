import { readSettings } from '../../src/platform/config/index.js';
import { importDatabase, type ImportOptions, type ImportReport } from '../../src/import/index.js';
import type { TestDatabase } from '../support/databases.js';

/** Imports, in this process. */
export const bringOver = (
  from: TestDatabase,
  to: TestDatabase,
  {
    environment = {},
    ...options
  }: Partial<Omit<ImportOptions, 'to' | 'settings'>> & { environment?: Record<string, string> } = {},
): Promise<ImportReport> =>
  importDatabase({
    from: from.url,
    to: to.url,
    settings: readSettings(environment),
    chunk: 1_000,
    ...options,
  });

/** Messages with what tells their connections apart, all as texts. */
export const oldMessages = (database: TestDatabase, table: string): Promise<object[]> =>
  database.query(
    `SELECT l.created_at::text || '+00' AS created_at, l.logs::text AS logs, l.logs->>'msg' AS msg, c.ip_addr
       FROM ${table} AS l JOIN peer_connections AS c ON c.id = peer_connection_id ORDER BY 1, 2`,
  );
/** The same of a database of this version; what has no connection is not among them. */
export const newMessages = (database: TestDatabase): Promise<object[]> =>
  database.query(
    `SELECT (l.created_at AT TIME ZONE 'UTC')::text || '+00' AS created_at, l.logs::text AS logs, l.msg, c.ip_addr
       FROM tetcore_logs AS l JOIN peer_connections AS c ON c.id = peer_connection_id AND c.audit = l.audit
      ORDER BY 1, 2`,
  );
