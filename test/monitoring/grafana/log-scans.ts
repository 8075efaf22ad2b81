import type { TestDatabase } from '../../support/databases.js';

const CONNECTIONS = 'peer_connections';

/** A step of a plan, as EXPLAIN (FORMAT JSON) has it. */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Cond'?: string;
  Plans?: PlanNode[];
}

/** A partition of messages with what it holds. */
interface Partition {
  name: string;
  lower: Date;
  upper: Date;
}

const PARTITIONS = `
  SELECT inhrelid::regclass::text AS name,
         substring(pg_get_expr(relpartbound, oid) FROM $$FROM \\('([^']+)'\\)$$)::timestamptz AS lower,
         substring(pg_get_expr(relpartbound, oid) FROM $$TO \\('([^']+)'\\)$$)::timestamptz AS upper
    FROM pg_inherits JOIN pg_class ON oid = inhrelid
   WHERE inhparent IN ('logs_expiring'::regclass, 'logs_audit'::regclass) AND reltuples > 0`;

/** Tells how a plan reads messages that are there, and connections. */
export class LogScans {
  private constructor(private readonly partitions: ReadonlyMap<string, Partition>) {}

  /** Of a database whose tables have been analysed. */
  static async of(database: TestDatabase): Promise<LogScans> {
    const partitions = await database.query<Partition & Record<string, unknown>>(PARTITIONS);
    return new LogScans(new Map(partitions.map((each) => [each.name, each])));
  }

  get count(): number {
    return this.partitions.size;
  }

  /**
   * What is wrong with how messages are read: other than by the index of a connection, or in a partition beyond the
   * range of time. And with how connections are: all that there ever were.
   */
  problems(plan: PlanNode, from: Date, to: Date): string[] {
    const own = this.problemOf(plan, from, to);
    return [
      ...(own === undefined ? [] : [own]),
      ...(plan.Plans ?? []).flatMap((step) => this.problems(step, from, to)),
    ];
  }

  private problemOf(step: PlanNode, from: Date, to: Date): string | undefined {
    if (step['Relation Name'] === CONNECTIONS && step['Node Type'] === 'Seq Scan')
      return `${CONNECTIONS}: Seq Scan`;
    const partition = this.partitions.get(step['Relation Name'] ?? '');
    if (partition === undefined) return undefined;
    if (partition.lower > to || partition.upper <= from) return `${partition.name}: beyond the range of time`;
    const conditions = [step, ...(step.Plans ?? [])].map((each) => each['Index Cond'] ?? '');
    const byConnection = conditions.some((condition) => condition.includes('peer_connection_id ='));
    return byConnection ? undefined : `${partition.name}: ${step['Node Type']}`;
  }
}

/** The plan of a query that was run, from the rows that EXPLAIN (ANALYZE, FORMAT JSON) gives. */
export function planOf([explained]: Record<string, unknown>[]): PlanNode {
  const [{ Plan }] = explained?.['QUERY PLAN'] as [{ Plan: PlanNode }];
  return Plan;
}
