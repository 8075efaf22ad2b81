import { BadRequestException, type HttpException } from '@nestjs/common';
import type { Client } from 'pg';
import { type EntityMetadata, type ObjectLiteral, QueryFailedError, type Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { InvalidParameterError } from '../../platform/http/index.js';
import {
  hasSqlState,
  isRolledBack,
  isSessionEnded,
  singleRow,
  SqlState,
  sqlStateOf,
} from '../../storage/index.js';

/** The error of each violated constraint, by the name of the constraint. */
export type ConstraintErrors = Record<string, () => HttpException>;

/**
 * The error to return if PostgreSQL rejects a row.
 *
 * @param json the fields of the body that PostgreSQL parses as JSON
 * @returns undefined if it failed for another reason
 */
function constraintError(
  error: unknown,
  json: readonly string[],
  errors: ConstraintErrors,
): HttpException | undefined {
  if (json.length > 0 && sqlStateOf(error)?.startsWith('22') === true) return invalidJson(json);
  if (!hasSqlState(error, SqlState.CheckViolation, SqlState.ForeignKeyViolation)) return undefined;
  const { constraint } = error as { constraint?: unknown };
  // Citus appends the number of a shard to the name.
  return typeof constraint === 'string' ? errors[constraint.replace(/_\d+$/, '')]?.() : undefined;
}

/** The error of a constraint on the years of a time. */
export function yearOutOfRange(parameter: string): () => InvalidParameterError {
  return () => new InvalidParameterError(parameter, 'must be a time from the year 1 to 9999 in UTC');
}

/** jsonb stores no NUL, no unpaired surrogate, and no number with more digits than `numeric`. */
function invalidJson(fields: readonly string[]): BadRequestException {
  const detail =
    'must be JSON without NUL, without lone surrogates, and with numbers that PostgreSQL can store';
  return new BadRequestException({
    detail: `${fields.join(' or ')} cannot be stored: it ${detail}.`,
    errors: fields.map((parameter) => ({ parameter, detail })),
  });
}

/** A value, or for TypeORM a function that returns an SQL expression. */
type Value = string | number | boolean | null | (() => string);

/** The columns that a body sets, for a query builder of TypeORM. */
interface RowValues {
  /** By the properties of the entity. */
  values: Record<string, Value>;
  /** By their names in `values`. */
  parameters: ObjectLiteral;
  /** Fields that PostgreSQL parses from the text of the body. */
  json: string[];
}

/**
 * The columns that a body sets, by the column types of the entity. Omitted fields are not set; null clears a column, or
 * sets its default if it is not nullable. PostgreSQL parses `jsonb` from the text of the body, and times: parsing here
 * would lose digits.
 *
 * @param fields of the validated body, by column name
 * @param text the original body
 */
function rowValues(metadata: EntityMetadata, fields: object, text = ''): RowValues {
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

/**
 * Writes in a transaction, which is retried once if the database rolls it back.
 *
 * @throws errors of the database
 */
async function writeRows<Entity extends ObjectLiteral, T>(
  repository: Repository<Entity>,
  work: (rows: Repository<Entity>) => Promise<T>,
): Promise<T> {
  try {
    return await writeOnce(repository, work);
  } catch (error) {
    if (isRolledBack(error)) return await writeOnce(repository, work);
    throw error;
  }
}

async function writeOnce<Entity extends ObjectLiteral, T>(
  repository: Repository<Entity>,
  work: (rows: Repository<Entity>) => Promise<T>,
): Promise<T> {
  await using runner = repository.manager.dataSource.createQueryRunner();
  const client = (await runner.connect()) as Client;
  try {
    await runner.startTransaction();
    const result = await work(runner.manager.withRepository(repository));
    await runner.commitTransaction();
    return result;
  } catch (error) {
    const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
    if (isSessionEnded(cause)) await client.end();
    else await runner.rollbackTransaction();
    throw cause;
  }
}

/** Creates, reads, updates and deletes rows of a table. Rows are returned as JSON that PostgreSQL writes, with every digit. */
export class JsonRows<Entity extends ObjectLiteral> {
  /** @param json SQL expression of type text, from the columns of the row */
  constructor(
    private readonly repository: Repository<Entity>,
    private readonly json: string,
  ) {}

  /** @returns undefined if there is no such row */
  async find(id: number): Promise<string | undefined> {
    return (await singleRow<{ row: string }>(this.repository.manager.dataSource, this.select, [id]))?.row;
  }

  /** See {@link rowValues}. */
  valuesOf(fields: object, text?: string): RowValues {
    return rowValues(this.repository.metadata, fields, text);
  }

  /** @throws the error of a violated constraint */
  async insert(row: RowValues, errors: ConstraintErrors = {}): Promise<string> {
    return await this.write(row, errors, async (rows) => {
      const { raw } = (await rows
        .createQueryBuilder()
        .insert()
        .values(row.values as QueryDeepPartialEntity<Entity>)
        .setParameters(row.parameters)
        // On Citus RETURNING supports only columns: the JSON is read afterwards.
        .returning('id')
        .updateEntity(false)
        .execute()) as { raw: [{ id: string }] };
      const [{ id }] = raw;
      return (await this.read(rows, id)) ?? '';
    });
  }

  /**
   * @returns undefined if there is no such row
   * @throws the error of a violated constraint
   */
  async change(id: number, row: RowValues, errors: ConstraintErrors = {}): Promise<string | undefined> {
    if (Object.keys(row.values).length === 0) return await this.find(id);
    return await this.write(row, errors, async (rows) => {
      await rows
        .createQueryBuilder()
        .update()
        .set(row.values as QueryDeepPartialEntity<Entity>)
        .setParameters(row.parameters)
        .where('id = :id', { id })
        .updateEntity(false)
        .execute();
      return await this.read(rows, id);
    });
  }

  /**
   * @returns whether it existed
   * @throws the error of a violated constraint
   */
  async delete(id: number, errors: ConstraintErrors = {}): Promise<boolean> {
    const nothing: RowValues = { values: {}, parameters: {}, json: [] };
    return await this.write(nothing, errors, async (rows) => (await rows.delete(id)).affected === 1);
  }

  private async write<T>(
    { json }: RowValues,
    errors: ConstraintErrors,
    work: (rows: Repository<Entity>) => Promise<T>,
  ): Promise<T> {
    try {
      return await writeRows(this.repository, work);
    } catch (error) {
      throw constraintError(error, json, errors) ?? error;
    }
  }

  private async read(rows: Repository<Entity>, id: string | number): Promise<string | undefined> {
    const [found] = await rows.query<{ row: string }[]>(this.select, [id]);
    return found?.row;
  }

  private get select(): string {
    return `SELECT ${this.json} AS row FROM ${this.repository.metadata.tableName} WHERE id = $1::bigint`;
  }
}
