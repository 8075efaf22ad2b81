import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mayHave, NEWEST_MESSAGE, singleRow, typeSql } from '../../storage/index.js';
import type { ComputerReport } from './reported-computer.js';

/** A node, and what it reported of its computer: null where it has not. */
export type FoundReport = ({ reported: true } & ComputerReport) | { reported: false };

/** What nodes say of the computers that they run on. */
@Injectable()
export class ReportedComputersReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns undefined where no node has that id */
  async find(peerId: string): Promise<FoundReport | undefined> {
    return await singleRow<FoundReport>(this.dataSource, REPORT, [peerId]);
  }
}

const text = (field: string): string =>
  `CASE jsonb_typeof(sysinfo->'${field}') WHEN 'string' THEN sysinfo->>'${field}' END`;
/** A number that a column of type integer has room for. */
const wholeNumber = (field: string, unit: number): string => `
  CASE WHEN jsonb_typeof(sysinfo->'${field}') = 'number'
        AND round((sysinfo->'${field}')::numeric / ${unit.toString()}) BETWEEN 1 AND 2147483647
       THEN round((sysinfo->'${field}')::numeric / ${unit.toString()})::integer END`;

/** By the newest connection that says something of the computer, and the newest scores of its own benchmark. */
export const REPORT = `
  WITH newest AS (
    SELECT * FROM peer_connections WHERE peer_id = $1
     ORDER BY (sysinfo IS NOT NULL OR target_os IS NOT NULL OR target_arch IS NOT NULL) DESC,
              created_at DESC, id DESC LIMIT 1
  ), span AS (
    SELECT id, collector, oldest_created_at AS lower, ${NEWEST_MESSAGE} AS upper FROM peer_connections
     WHERE peer_id = $1 AND ${mayHave('sysinfo.hwbench')}
  ), hwbench AS (
    SELECT logs - ARRAY['msg', 'ts', 'level', 'id'] AS scores
      FROM span JOIN tetcore_logs ON peer_connection_id = span.id AND tetcore_logs.collector = span.collector
                                 AND type = ${typeSql('sysinfo.hwbench')}
                                 AND tetcore_logs.created_at BETWEEN lower AND upper
     ORDER BY tetcore_logs.created_at DESC, tetcore_logs.id DESC LIMIT 1
  )
  SELECT num_nonnulls(sysinfo, target_os, target_arch, scores) > 0 AS reported,
         name, peer_id, target_os, target_arch, ${text('cpu')} AS cpu, ${wholeNumber('core_count', 1)} AS core_count,
         ${wholeNumber('memory', 1024 ** 2)} AS memory, ${text('linux_kernel')} AS linux_kernel,
         ${text('linux_distro')} AS linux_distro,
         CASE jsonb_typeof(sysinfo->'is_virtual_machine')
           WHEN 'boolean' THEN (sysinfo->'is_virtual_machine')::boolean END AS is_virtual_machine,
         (CASE WHEN sysinfo IS NULL THEN '{}' ELSE jsonb_build_object('sysinfo', sysinfo) END
          || CASE WHEN scores IS NULL THEN '{}' ELSE jsonb_build_object('hwbench', scores) END
          || CASE WHEN target_env IS NULL THEN '{}' ELSE jsonb_build_object('target_env', target_env) END)::text
           AS details
    FROM newest LEFT JOIN hwbench ON true`;
