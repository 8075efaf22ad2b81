import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import { HostSystem, readRows } from '../../storage/index.js';
import { JsonRows, setJson } from '../rows/json-rows.js';
import type { PageQuery } from '../rows/resource.js';
import { HardwareReportsReadModel, hostSystemValues } from './hardware-report.js';
import {
  HOST_SYSTEM_JSON,
  type HostSystemBody,
  type HostSystemChange,
  type HostSystemFromNode,
} from './host-system.dto.js';

/** Stores host systems. Returns the JSON of HostSystems. */
@Injectable()
export class HostSystemsService {
  private readonly rows: JsonRows<HostSystem>;

  constructor(
    @InjectRepository(HostSystem) private readonly hostSystems: Repository<HostSystem>,
    private readonly reports: HardwareReportsReadModel,
  ) {
    this.rows = new JsonRows(hostSystems, HOST_SYSTEM_JSON);
  }

  /** @returns newest first */
  list({ limit, cursor }: PageQuery): RowPieces {
    const values = [limit, cursor ?? null];
    return readRows(this.hostSystems.manager.dataSource, { text: LIST, values });
  }

  /** @throws NotFoundException */
  async find(id: number): Promise<string> {
    return found(await this.rows.find(id));
  }

  /** @param text the original body */
  async create(body: HostSystemBody, text: string): Promise<string> {
    return await this.rows.insert(this.rows.valuesOf(body, text));
  }

  /**
   * Creates one from the hardware that a node reported.
   *
   * @param text the original body
   * @throws NotFoundException if there is no such node
   * @throws ConflictException if it has not reported its hardware
   */
  async createFromNode(body: HostSystemFromNode, text: string): Promise<string> {
    const report = await this.reports.find(body.peer_id);
    if (report === undefined) throw new NotFoundException('There is no node with this peer id.');
    if (!report.reported) {
      throw new ConflictException(
        'The node has not reported its hardware: it is too old, or reporting is switched off. ' +
          'Create the host system with POST /host_systems.',
      );
    }
    const row = this.rows.valuesOf(Object.assign(hostSystemValues(report), body), text);
    if (body.details === undefined) setJson(row, 'details', report.details);
    return await this.rows.insert(row);
  }

  /**
   * @param text the original body
   * @throws NotFoundException
   */
  async change(id: number, body: HostSystemChange, text: string): Promise<string> {
    return found(await this.rows.change(id, this.rows.valuesOf(body, text)));
  }

  /**
   * @throws NotFoundException
   * @throws ConflictException if benchmarks refer to it
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
