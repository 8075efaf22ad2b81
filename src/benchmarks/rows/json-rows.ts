import type { ObjectLiteral, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { singleRow } from '../../storage/index.js';
import { type ConstraintProblems, problemOf } from './constraint-problems.js';
import { rowValues, type RowValues } from './row-values.js';
import { writeRows } from './write-rows.js';

/** The rows of a table that people write. Answers are the JSON of a row, as the database writes it, with every digit. */
export class JsonRows<Entity extends ObjectLiteral> {
  /** @param json an expression of type text, from the columns of the row */
  constructor(
    private readonly repository: Repository<Entity>,
    private readonly json: string,
  ) {}

  /** @returns undefined where there is no such row */
  async find(id: number): Promise<string | undefined> {
    return (await singleRow<{ row: string }>(this.repository.manager.dataSource, this.select, [id]))?.row;
  }

  /** See {@link rowValues}. */
  valuesOf(fields: object, text?: string): RowValues {
    return rowValues(this.repository.metadata, fields, text);
  }

  /** @throws what the constraints say */
  async insert(row: RowValues, problems: ConstraintProblems = {}): Promise<string> {
    return await this.write(row, problems, async (rows) => {
      const { raw } = (await rows
        .createQueryBuilder()
        .insert()
        .values(row.values as QueryDeepPartialEntity<Entity>)
        .setParameters(row.parameters)
        // On Citus only columns can be returned as they are: the JSON is read afterwards.
        .returning('id')
        .updateEntity(false)
        .execute()) as { raw: [{ id: string }] };
      const [{ id }] = raw;
      return (await this.read(rows, id)) ?? '';
    });
  }

  /**
   * @returns undefined where there is no such row
   * @throws what the constraints say
   */
  async change(id: number, row: RowValues, problems: ConstraintProblems = {}): Promise<string | undefined> {
    if (Object.keys(row.values).length === 0) return await this.find(id);
    return await this.write(row, problems, async (rows) => {
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
   * @returns whether it was there
   * @throws what the constraints say
   */
  async delete(id: number, problems: ConstraintProblems = {}): Promise<boolean> {
    const nothing: RowValues = { values: {}, parameters: {}, json: [] };
    return await this.write(nothing, problems, async (rows) => (await rows.delete(id)).affected === 1);
  }

  private async write<T>(
    { json }: RowValues,
    problems: ConstraintProblems,
    work: (rows: Repository<Entity>) => Promise<T>,
  ): Promise<T> {
    try {
      return await writeRows(this.repository, work);
    } catch (error) {
      throw problemOf(error, json, problems) ?? error;
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
