import type { EntityMetadata, ObjectLiteral } from 'typeorm';

/** Takes an expression of SQL in place of a value, as TypeORM has it. */
type Value = string | number | boolean | null | (() => string);

/** What a body sets, for a query builder of TypeORM. */
export interface RowValues {
  /** By the properties of the entity. */
  values: Record<string, Value>;
  /** By their names in `values`. */
  parameters: ObjectLiteral;
  /** Those fields that are taken out of the text of the body. */
  json: string[];
}

/**
 * Which columns a body sets, by the types that their entity gives them. What it leaves out is not set; null clears a
 * column, or sets its default where it is never null. The database takes `jsonb` out of the text of the body and reads
 * times itself: parsing here would lose digits.
 *
 * @param fields of the body as it was checked, by the names of columns
 * @param text the body as it came
 */
export function rowValues(metadata: EntityMetadata, fields: object, text = ''): RowValues {
  const row: RowValues = { values: {}, parameters: {}, json: [] };
  for (const [field, value] of Object.entries(fields) as [string, Value | object | undefined][]) {
    const column = metadata.findColumnWithDatabaseName(field);
    if (column === undefined || value === undefined) continue;
    const property = column.propertyName;
    if (value === null) {
      row.values[property] = column.isNullable ? null : () => 'DEFAULT';
    } else if (column.type === 'jsonb') {
      row.values[property] = () => `CAST(:body AS jsonb)->'${field}'`;
      row.parameters.body = text;
      row.json.push(field);
    } else if (column.type === 'timestamptz') {
      row.values[property] = () => `CAST(:${field} AS timestamptz)`;
      row.parameters[field] = value;
    } else {
      row.values[property] = value as Value;
    }
  }
  return row;
}

/** Sets a column of type jsonb to a JSON text. */
export function setJson(row: RowValues, property: string, json: string): void {
  row.values[property] = () => `CAST(:${property} AS jsonb)`;
  row.parameters[property] = json;
}
