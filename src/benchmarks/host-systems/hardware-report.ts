import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mayHave, NEWEST_MESSAGE, singleRow, typeSql } from '../../storage/index.js';

/** The hardware that a node reported. */
export interface HardwareReport {
  /** The name that the node gives itself. */
  name: string | null;
  peer_id: string;
  target_os: string | null;
  target_arch: string | null;
  cpu: string | null;
  core_count: number | null;
  /** MiB. */
  memory: number | null;
  linux_kernel: string | null;
  linux_distro: string | null;
  is_virtual_machine: boolean | null;
  /** JSON: the complete report, unchanged. */
  details: string;
}

/** The columns of a host system that a report sets. */
export function hostSystemValues(report: HardwareReport): Record<string, string | number | boolean | null> {
  const { name, peer_id, cpu, linux_kernel: kernel, linux_distro: distro } = report;
  return {
    description: `Reported by ${name ?? peer_id}.`,
    os: report.target_os ?? (kernel === null && distro === null ? null : 'linux'),
    cpu_qty: report.core_count,
    cpu_clock: cpu === null ? null : clockMhzOf(cpu),
    ram_mb: report.memory,
    cpu_name: cpu,
    arch: report.target_arch,
    distro,
    kernel,
    is_virtual_machine: report.is_virtual_machine,
  };
}

const CLOCK = /@\s*(\d{1,6}(?:\.\d{1,6})?)\s*([GM])Hz/i;

/**
 * The clock that some processor names contain: `Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz`.
 *
 * @returns MHz, or null if the name does not contain it
 */
export function clockMhzOf(cpu: string): number | null {
  const [, number, unit] = CLOCK.exec(cpu) ?? [];
  const clock = Math.round(Number(number) * (unit?.toUpperCase() === 'G' ? 1000 : 1));
  return clock > 0 ? clock : null;
}

/** A node, and the hardware that it reported, if any. */
type FoundReport = ({ reported: true } & HardwareReport) | { reported: false };

/** Reads the hardware that nodes reported. */
@Injectable()
export class HardwareReportsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns undefined if there is no such node */
  async find(peerId: string): Promise<FoundReport | undefined> {
    return await singleRow<FoundReport>(this.dataSource, REPORT, [peerId]);
  }
}

const text = (field: string): string =>
  `CASE jsonb_typeof(sysinfo->'${field}') WHEN 'string' THEN sysinfo->>'${field}' END`;
/** A number in the range of the type integer. */
const integer = (field: string, unit: number): string => `
  CASE WHEN jsonb_typeof(sysinfo->'${field}') = 'number'
        AND round((sysinfo->'${field}')::numeric / ${unit.toString()}) BETWEEN 1 AND 2147483647
       THEN round((sysinfo->'${field}')::numeric / ${unit.toString()})::integer END`;

/** From the newest connection with reported hardware, and the newest scores of the node's own benchmark. */
const REPORT = `
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
         name, peer_id, target_os, target_arch, ${text('cpu')} AS cpu, ${integer('core_count', 1)} AS core_count,
         ${integer('memory', 1024 ** 2)} AS memory, ${text('linux_kernel')} AS linux_kernel,
         ${text('linux_distro')} AS linux_distro,
         CASE jsonb_typeof(sysinfo->'is_virtual_machine')
           WHEN 'boolean' THEN (sysinfo->'is_virtual_machine')::boolean END AS is_virtual_machine,
         (CASE WHEN sysinfo IS NULL THEN '{}' ELSE jsonb_build_object('sysinfo', sysinfo) END
          || CASE WHEN scores IS NULL THEN '{}' ELSE jsonb_build_object('hwbench', scores) END
          || CASE WHEN target_env IS NULL THEN '{}' ELSE jsonb_build_object('target_env', target_env) END)::text
           AS details
    FROM newest LEFT JOIN hwbench ON true`;
