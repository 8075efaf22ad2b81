import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { cursorRows, HostSystem, ReadTransaction } from '../../storage/index.js';
import { JsonRows } from '../rows/json-rows.js';
import type { PageQuery } from '../rows/row-id.js';
import { setJson } from '../rows/row-values.js';
import { HOST_SYSTEM_JSON } from './host-system.dto.js';
import type { HostSystemBody, HostSystemChange, HostSystemFromNode } from './host-system.body.js';
import { hostSystemOf } from './reported-computer.js';
import { ReportedComputersReadModel } from './reported-computers.read-model.js';

/** The host systems that are described here. Answers are the JSON of HostSystems. */
@Injectable()
export class HostSystemsService {
  private readonly rows: JsonRows<HostSystem>;

  constructor(
    @InjectRepository(HostSystem) private readonly hostSystems: Repository<HostSystem>,
    private readonly computers: ReportedComputersReadModel,
  ) {
    this.rows = new JsonRows(hostSystems, HOST_SYSTEM_JSON);
  }

  /** @returns the newest first */
  list({ limit, cursor }: PageQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.hostSystems.manager.dataSource, (transaction) =>
      cursorRows(transaction, LIST, [limit, cursor ?? null]),
    );
  }

  /** @throws NotFoundException */
  async find(id: number): Promise<string> {
    return found(await this.rows.find(id));
  }

  /** @param text the body as it came */
  async create(body: HostSystemBody, text: string): Promise<string> {
    return await this.rows.insert(this.rows.valuesOf(body, text));
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
    if (report === undefined) throw new NotFoundException('There is no node with this peer id.');
    if (!report.reported) {
      throw new ConflictException(
        'The node has not reported its hardware: it is too old, or reporting is switched off. ' +
          'Create the host system with POST /host_systems.',
      );
    }
    const row = this.rows.valuesOf(Object.assign(hostSystemOf(report), body), text);
    if (body.details === undefined) setJson(row, 'details', report.details);
    return await this.rows.insert(row);
  }

  /**
   * @param text the body as it came
   * @throws NotFoundException
   */
  async change(id: number, body: HostSystemChange, text: string): Promise<string> {
    return found(await this.rows.change(id, this.rows.valuesOf(body, text)));
  }

  /**
   * @throws NotFoundException
   * @throws ConflictException where benchmarks ran on it
   */
  async delete(id: number): Promise<void> {
    const deleted = await this.rows.delete(id, {
      benchmarks_host_system: () =>
        new ConflictException('Benchmarks refer to this host system. Change or delete them first.'),
    });
    if (!deleted) throw notFound();
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
