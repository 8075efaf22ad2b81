import { onDatabase } from '../support/on-database.js';

/** Of each table, how many rows it has and a digest of them. */
export type DatabaseContent = Record<string, { rows: number; digest: string | null }>;

/** All that is in a database: rows, indexes, views and where its sequences stand. */
export async function contentOf(databaseUrl: string): Promise<DatabaseContent> {
  return await onDatabase(databaseUrl, async (client) => {
    const content: DatabaseContent = {};
    // Dates as text in the digests are written for a time zone.
    await client.query("SET TIME ZONE 'UTC'");
    const { rows: tables } = await client.query<{ name: string; columns: string }>(
      `SELECT oid::regclass::text AS name, CASE relkind WHEN 'S' THEN 'last_value, is_called' ELSE '*' END AS columns
         FROM pg_class
        WHERE relkind IN ('r', 'p', 'v', 'S') AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    const all = [
      ...tables.map(({ name, columns }) => [name, `SELECT ${columns} FROM ${name}`] as const),
      ['indexes', `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'`] as const,
      ['views', `SELECT definition FROM pg_views WHERE schemaname = 'public'`] as const,
    ];
    for (const [name, sql] of all) {
      const { rows } = await client.query<{ rows: number; digest: string | null }>(
        `SELECT count(*)::int AS rows, md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS digest FROM (${sql}) AS t`,
      );
      if (rows[0] !== undefined) content[name] = rows[0];
    }
    return content;
  });
}
