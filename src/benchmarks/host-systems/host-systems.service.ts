import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { cursorRows, ReadTransaction } from '../../storage/index.js';
import { type ColumnValues, columnValues, insertQuery, updateQuery } from '../rows/column-values.js';
import type { PageQuery } from '../rows/row-id.js';
import { deleteRow, oneRow } from '../rows/table-rows.js';
import { HOST_SYSTEM_JSON } from './host-system.dto.js';
import {
  HOST_SYSTEM_COLUMNS,
  type HostSystemBody,
  type HostSystemChange,
  type HostSystemFromNode,
} from './host-system.body.js';
import { hostSystemOf } from './reported-computer.js';
import { ReportedComputersReadModel } from './reported-computers.read-model.js';

/** The host systems that are described here. Answers are the JSON of HostSystems. */
@Injectable()
export class HostSystemsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly computers: ReportedComputersReadModel,
  ) {}

  /** @returns the newest first */
  list({ limit, cursor }: PageQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      cursorRows(transaction, LIST, [limit, cursor ?? null]),
    );
  }

  /** @throws NotFoundException */
  async find(id: number): Promise<string> {
    const sql = `SELECT ${HOST_SYSTEM_JSON} AS row FROM host_systems WHERE id = $1::bigint`;
    return found(await oneRow(this.dataSource, { sql, parameters: [id] }));
  }

  /** @param text the body as it came */
  async create(body: HostSystemBody, text: string): Promise<string> {
    return await this.insert(columnValues(body, text, HOST_SYSTEM_COLUMNS));
  }

  /**
   * From what a node reported of itself.
   *
   * @param text the body as it came
   * @throws NotFoundException where no such node has been heard
   * @throws ConflictException where it has reported nothing of its computer
   */
  async createFromNode(body: HostSystemFromNode, text: string): Promise<string> {
    const report = await this.computers.find(body.peer_id);
    if (report === undefined) throw new NotFoundException('No node with this peer id has been heard.');
    if (!report.reported) {
      throw new ConflictException(
        'The node has reported nothing of its computer: it is too old, or does not send its hardware. ' +
          'Describe it with POST /host_systems.',
      );
    }
    const given = columnValues(Object.assign(hostSystemOf(report), body), text, {
      ...HOST_SYSTEM_COLUMNS,
      peer_id: 'text',
    });
    if (body.details === undefined) {
      given.columns.set('details', `$${given.parameters.push(report.details).toString()}::jsonb`);
    }
    return await this.insert(given);
  }

  /**
   * @param text the body as it came
   * @throws NotFoundException
   */
  async change(id: number, body: HostSystemChange, text: string): Promise<string> {
    const values = columnValues(body, text, HOST_SYSTEM_COLUMNS);
    return found(await oneRow(this.dataSource, updateQuery('host_systems', id, values, HOST_SYSTEM_JSON)));
  }

  /**
   * @throws NotFoundException
   * @throws ConflictException where benchmarks ran on it
   */
  async delete(id: number): Promise<void> {
    const deleted = await deleteRow(this.dataSource, 'host_systems', id, {
      benchmarks_host_system: () =>
        new ConflictException('There are benchmarks that ran on it. Delete them first, or change them.'),
    });
    if (!deleted) throw notFound();
  }

  private async insert(values: ColumnValues): Promise<string> {
    return found(await oneRow(this.dataSource, insertQuery('host_systems', values, HOST_SYSTEM_JSON)));
  }
}

const LIST = `
  SELECT ${HOST_SYSTEM_JSON} AS row FROM host_systems
   WHERE $2::bigint IS NULL OR id < $2::bigint ORDER BY id DESC LIMIT $1::bigint`;

function found(row: string | undefined): string {
  if (row === undefined) throw notFound();
  return row;
}

function notFound(): NotFoundException {
  return new NotFoundException('There is no host system with this id.');
}
