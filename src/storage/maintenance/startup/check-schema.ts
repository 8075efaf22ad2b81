import { type DataSource, EntitySchema } from 'typeorm';
import { entities } from '../../entities/index.js';

/** Faults that are named: the others are of the same kind. */
const MOST_NAMED = 5;

/** A column that this version reads or writes, with its type as PostgreSQL names it. */
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
 * How the tables differ from those that this version needs: a column that is missing or of another type, and one that
 * is not known here and must be given. Further columns do no harm. Changes nothing.
 *
 * @returns a text for each, such as `nodes has no column heard`; nothing where all is well
 */
export async function schemaFaults(dataSource: DataSource): Promise<string[]> {
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

/** The first of them, as one text. */
export function namedFaults(faults: readonly string[]): string {
  const more = faults.length - MOST_NAMED;
  const named = faults.slice(0, MOST_NAMED).join(', ');
  return more > 0 ? `${named}, and ${more.toString()} more` : named;
}

/** Those of a team are its own affair. */
function columnsOf(dataSource: DataSource): Column[] {
  // What is described by a schema rather than a class has its name for a target.
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
