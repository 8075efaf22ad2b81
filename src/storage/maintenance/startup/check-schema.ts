import { type DataSource, EntitySchema } from 'typeorm';
import { entities } from '../../entities/index.js';
import { ALL_INDEXES, UNIQUE_INDEXES } from '../../schema/index.js';

/** Faults in an error message. */
const MAX_LISTED = 5;

/** A column that this version reads or writes, with the name of its type in PostgreSQL. */
interface Column {
  table: string;
  column: string;
  type: string;
}

/** Tables that this version reads or writes. */
export function ownTables(dataSource: DataSource): string[] {
  return [...new Set(columnsOf(dataSource).map(({ table }) => table))];
}

/**
 * Compares the tables with those that this version needs: finds columns that are missing or of another type, unknown
 * columns that are required, and missing keys. Other columns are ignored. Changes nothing.
 *
 * @returns a text for each fault, such as `nodes has no column heard`
 */
export async function schemaFaults(dataSource: DataSource): Promise<string[]> {
  const keys = await missingIndexes(dataSource, UNIQUE_INDEXES);
  return [...(await columnFaults(dataSource)), ...keys.map((key) => `index ${key} is missing or invalid`)];
}

/** Indexes that are missing or invalid. */
export async function missingIndexes(
  dataSource: DataSource,
  needed: readonly string[] = ALL_INDEXES,
): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT name FROM unnest($1::text[]) AS name
      WHERE NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(quote_ident(name)) AND indisvalid)
      ORDER BY name`,
    [needed],
  );
  return rows.map(({ name }) => name);
}

/** Tables of the server, or of other programs with the same names, in a database without its migrations. */
export interface UnrecordedTables {
  names: string[];
  /** Whether they have the columns that this version needs. */
  areOurs: boolean;
}

/** Finds tables in a database in which no migration is recorded. */
export async function unrecordedTables(dataSource: DataSource): Promise<UnrecordedTables | undefined> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NOT NULL ORDER BY name`,
    [ownTables(dataSource)],
  );
  if (rows.length === 0) return undefined;
  const names = rows.map(({ name }) => name);
  const missing = ownTables(dataSource).filter((name) => !names.includes(name));
  const faults = await columnFaults(dataSource);
  return { names, areOurs: faults.length === missing.length };
}

async function columnFaults(dataSource: DataSource): Promise<string[]> {
  const columns = columnsOf(dataSource);
  const faults = await dataSource.query<{ fault: string }[]>(
    `WITH needed AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS needed (relation, name, type)),
          relation AS (SELECT DISTINCT relation, to_regclass(quote_ident(relation)) AS oid FROM needed),
          found AS (
            SELECT relation, attname::text AS name, format_type(atttypid, NULL) AS type,
                   attnotnull AND NOT atthasdef AND attidentity = '' AS must_be_given
              FROM relation JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped)
     SELECT CASE WHEN relation.oid IS NULL THEN 'table ' || relation.relation || ' is missing'
                 WHEN found.name IS NULL THEN relation.relation || ' has no column ' || needed.name
                 WHEN needed.name IS NULL THEN relation.relation || ' has an unknown required column ' || found.name
                 ELSE relation.relation || '.' || needed.name || ' has type ' || found.type || ' instead of ' || needed.type END AS fault
       FROM needed FULL JOIN found USING (relation, name) JOIN relation USING (relation)
      WHERE found.name IS NULL OR (needed.name IS NULL AND found.must_be_given)
         OR (needed.type <> '' AND found.type NOT IN (needed.type, needed.type || '[]'))
      GROUP BY 1 ORDER BY 1`,
    [columns.map(({ table }) => table), columns.map(({ column }) => column), columns.map(({ type }) => type)],
  );
  return faults.map(({ fault }) => fault);
}

/** The first faults or names as one text. */
export function listFaults(faults: readonly string[]): string {
  const more = faults.length - MAX_LISTED;
  const listed = faults.slice(0, MAX_LISTED).join(', ');
  return more > 0 ? `${listed}, and ${more.toString()} more` : listed;
}

/** Without the entities of a team. */
function columnsOf(dataSource: DataSource): Column[] {
  // The target of an EntitySchema is its name.
  const own = new Set<unknown>(entities.map((one) => (one instanceof EntitySchema ? one.options.name : one)));
  return dataSource.entityMetadatas
    .filter(({ target }) => own.has(target))
    .flatMap(({ tableName, columns }) =>
      columns.map((column) => ({
        table: tableName,
        column: column.databaseName,
        type: dataSource.driver.normalizeType(column as never),
      })),
    );
}
