type ColumnType = 'bigint' | 'boolean' | 'integer' | 'jsonb' | 'text' | 'timestamptz';

/**
 * The columns that a body may set, by the names of its fields, and their types. One that cannot be null has what it is
 * instead, as SQL.
 */
export type Columns = Record<string, ColumnType | readonly [type: ColumnType, insteadOfNull: string]>;

/** What a body sets. */
export interface ColumnValues {
  /** Each with an expression of SQL. */
  columns: Map<string, string>;
  parameters: unknown[];
  /** Those of them that are taken out of the text of the body. */
  json: string[];
}

/** A question whose answer is one row with one column, `row`. */
export interface RowQuery {
  sql: string;
  parameters: unknown[];
  json?: string[];
}

/**
 * Which columns a body sets. What it leaves out is not set, and null clears a column. The database takes `jsonb` out
 * of the text of the body, since parsing loses digits.
 *
 * @param body as it was checked
 * @param text the same as it came
 */
export function columnValues(body: object, text: string, types: Columns): ColumnValues {
  const parameters: unknown[] = [];
  const place = (value: unknown): string => `$${parameters.push(value).toString()}`;
  const fields = new Map<string, unknown>(Object.entries(body));
  const given = Object.entries(types).filter(([column]) => fields.get(column) !== undefined);
  const json = given.filter(([, type]) => type === 'jsonb').map(([column]) => column);
  const document = json.length > 0 ? `${place(text)}::jsonb` : '';
  const columns = given.map(([column, type]): [string, string] => {
    if (type === 'jsonb') return [column, `nullif(${document}->'${column}', 'null')`];
    const value = place(fields.get(column));
    if (typeof type === 'string') return [column, `${value}::${type}`];
    return [column, `coalesce(${value}::${type[0]}, ${type[1]})`];
  });
  return { columns: new Map(columns), parameters, json };
}

/** @param returning an expression of type text, from the columns of the row */
export function insertQuery(table: string, values: ColumnValues, returning: string): RowQuery {
  const { columns, parameters, json } = values;
  const sql = `INSERT INTO ${table} (${[...columns.keys()].join()}) VALUES (${[...columns.values()].join()})
               RETURNING ${returning} AS row`;
  return { sql, parameters, json };
}

/** The same for a row that is there; where nothing is set it is only read. */
export function updateQuery(table: string, id: number, values: ColumnValues, returning: string): RowQuery {
  const { columns, parameters, json } = values;
  const set = [...columns].map(([column, expression]) => `${column} = ${expression}`).join();
  const where = `WHERE id = $${(parameters.length + 1).toString()}::bigint`;
  const sql =
    columns.size === 0
      ? `SELECT ${returning} AS row FROM ${table} ${where}`
      : `UPDATE ${table} SET ${set} ${where} RETURNING ${returning} AS row`;
  return { sql, parameters: [...parameters, id], json };
}
