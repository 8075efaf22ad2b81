import type { Check, Database } from '../check.js';
import { ok, problem } from '../finding.js';

/** Whether the user may make partitions, and drop them. */
export const permissions: Check<Database> = {
  name: 'permissions',
  look: async ({ client, dataSource }) => {
    const { rows } = await client.query<{ role: string; schema: string | null; create: boolean | null }>(
      `SELECT current_user::text AS role, current_schema()::text AS schema,
              has_schema_privilege(current_schema(), 'CREATE') AS create`,
    );
    const { role = '', schema = null, create = false } = rows[0] ?? {};
    if (schema === null) {
      return problem(
        `The search_path of ${role} has no existing schema.`,
        `Create one, or ALTER ROLE ${role} SET search_path = public.`,
      );
    }
    if (create !== true) {
      return problem(
        `${role} cannot create tables in the schema ${schema}, so migrations and new partitions fail.`,
        `GRANT CREATE ON SCHEMA ${schema} TO ${role}, as the owner of the schema.`,
      );
    }
    const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
    const others = await client.query<{ name: string; owner: string }>(
      `SELECT relname::text AS name, pg_get_userbyid(relowner)::text AS owner
         FROM pg_class WHERE oid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)
          AND NOT pg_has_role(relowner, 'USAGE') ORDER BY relname`,
      [tables],
    );
    if (others.rows.length === 0)
      return ok(`${role} can create tables in the schema ${schema}, and owns the tables of the server.`);
    const [first] = others.rows;
    return problem(
      `${role} does not own ${others.rows.map(({ name }) => name).join(', ')}, so it cannot create or drop partitions.`,
      `Connect as ${first?.owner ?? 'the owner'}, or ALTER TABLE … OWNER TO ${role}.`,
    );
  },
};
