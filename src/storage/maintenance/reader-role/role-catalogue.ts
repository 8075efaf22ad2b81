import type { ClientBase } from 'pg';

export interface RoleState {
  /** Whether it is the current user. */
  isOurs: boolean;
  /** The names of its own settings, in this or in all databases. */
  settings: string[];
  /** Descriptions of its privileges beyond reading, direct or by membership. Other schemas are not checked. */
  beyondReading: string[];
}

/** The schema of the server's tables. */
export async function schemaOfTables(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ schema: string }>(
    `SELECT nspname AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE pg_class.oid = 'peer_connections'::regclass`,
  );
  return rows[0]?.schema ?? 'public';
}

/** @returns undefined if the role does not exist */
export async function roleState(
  client: ClientBase,
  name: string,
  schema: string,
): Promise<RoleState | undefined> {
  const { rows } = await client.query<RoleState>(ROLE, [name, schema]);
  return rows[0];
}

const IN_SCHEMA = 'relnamespace = quote_ident($2::name)::regnamespace';
const TABLES = `${IN_SCHEMA} AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition`;

const ROLE = `
  SELECT rolname IN (current_user, session_user) AS "isOurs",
         ARRAY(SELECT split_part(setting, '=', 1) FROM pg_db_role_setting, unnest(setconfig) AS setting
                WHERE setrole = role.oid AND setdatabase IN
                      (0, (SELECT oid FROM pg_database WHERE datname = current_database()))) AS settings,
         ARRAY(SELECT DISTINCT what FROM pg_roles AS held, LATERAL (VALUES
                 ('SUPERUSER', rolsuper),
                 ('CREATEROLE', rolcreaterole),
                 ('CREATEDB', rolcreatedb),
                 ('REPLICATION', rolreplication),
                 ('BYPASSRLS', rolbypassrls),
                 ('running programs and writing files on the server',
                  rolname IN ('pg_execute_server_program', 'pg_write_server_files')),
                 ('reading files on the server', rolname = 'pg_read_server_files'),
                 ('terminating sessions of other roles', rolname IN ('pg_signal_backend', 'pg_signal_autovacuum_worker')),
                 ('maintenance', rolname IN ('pg_maintain', 'pg_checkpoint')),
                 ('subscriptions', rolname = 'pg_create_subscription'),
                 ('reserved connections', rolname = 'pg_use_reserved_connections'),
                 ('CREATE in the database', has_database_privilege(held.oid, current_database(), 'CREATE')),
                 ('CREATE in the schema ' || $2::name, has_schema_privilege(held.oid, quote_ident($2::name)::regnamespace, 'CREATE')),
                 ('writing to tables', EXISTS (
                   SELECT FROM pg_class WHERE ${IN_SCHEMA} AND relkind IN ('r', 'p', 'v', 'm', 'f')
                      AND (relowner = held.oid
                           OR has_table_privilege(held.oid, pg_class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
                           OR has_any_column_privilege(held.oid, pg_class.oid, 'INSERT, UPDATE')))),
                 ('changing sequences', EXISTS (
                   SELECT FROM pg_class WHERE ${IN_SCHEMA}
                      AND CASE relkind WHEN 'S' THEN has_sequence_privilege(held.oid, pg_class.oid, 'USAGE, UPDATE') END))
               ) AS found (what, holds)
                WHERE pg_has_role(role.oid, held.oid, 'MEMBER') AND holds ORDER BY what) AS "beyondReading"
    FROM pg_roles AS role WHERE rolname = $1::name`;

/**
 * The statements that grant a role what it needs for reading and lacks. Partitions are read through their tables.
 *
 * @returns with quoted names
 */
export async function missingRights(client: ClientBase, name: string, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(MISSING_RIGHTS, [name, schema]);
  return rows.map(({ statement }) => statement);
}

const MISSING_RIGHTS = `
  SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1::name) AS statement
   WHERE NOT has_database_privilege($1::name, current_database(), 'CONNECT')
  UNION ALL
  SELECT format('GRANT USAGE ON SCHEMA %I TO %I', $2::name, $1::name)
   WHERE NOT has_schema_privilege($1::name, quote_ident($2::name)::regnamespace, 'USAGE')
  UNION ALL
  SELECT format('GRANT SELECT ON %s TO %I', string_agg(pg_class.oid::regclass::text, ', ' ORDER BY relname), $1::name)
    FROM pg_class
   WHERE ${TABLES} AND relowner = (SELECT relowner FROM pg_class WHERE oid = 'peer_connections'::regclass)
     AND NOT has_table_privilege($1::name, pg_class.oid, 'SELECT')
  HAVING count(*) > 0
  UNION ALL
  SELECT format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO %I', $2::name, $1::name)
   WHERE NOT EXISTS (
     SELECT FROM pg_default_acl, aclexplode(defaclacl) AS entry
      WHERE defaclrole = current_user::regrole AND defaclnamespace = quote_ident($2::name)::regnamespace
        AND defaclobjtype = 'r' AND entry.grantee = quote_ident($1::name)::regrole AND entry.privilege_type = 'SELECT')`;

/**
 * @returns the stored password verifier of a role; null if it has none, undefined if the user cannot read it
 */
export async function storedVerifier(client: ClientBase, name: string): Promise<string | null | undefined> {
  const { rows: may } = await client.query<{ read: boolean }>(
    "SELECT has_table_privilege('pg_authid', 'SELECT') AS read",
  );
  if (may[0]?.read !== true) return undefined;
  const { rows } = await client.query<{ verifier: string | null }>(
    'SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1',
    [name],
  );
  return rows[0]?.verifier;
}
