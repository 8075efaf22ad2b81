import pg from 'pg';
import { openSession } from '../../src/storage/index.js';
import type { SentStatement, SentTransaction } from './statement-recorder.js';

/** What statements cost PostgreSQL, in one session of their own. */
export interface PlanCosts {
  /** `Seq Scan on TABLE`, followed by the statement, for each scan of a table of messages. */
  scans: string[];
  /** Buffers that were touched to execute the statements, and to plan them: in memory or not. */
  execution: number;
  planning: number;
  /** The tables, and the partitions of messages, that the plans read. */
  tables: Set<string>;
}

interface Buffers {
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
}
interface PlanNode extends Buffers {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}
interface Explained {
  Plan: PlanNode;
  Planning?: Buffers;
}

const EXPLAIN = 'EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT JSON)';
const MESSAGES = /^logs_(expiring|audit)/;
const MAX_TEXT = 400;

export const isMessageTable = (table: string): boolean => MESSAGES.test(table);

/**
 * Runs recorded statements again, in a new session with the settings of readers, and reads their plans. Those with a name
 * are also planned for any values, as PostgreSQL may do after some executions: the dearer execution counts.
 */
export async function planCosts(url: string, statements: readonly SentStatement[]): Promise<PlanCosts> {
  const costs: PlanCosts = { scans: [], execution: 0, planning: 0, tables: new Set() };
  const client = await openSession(url, 'plan costs', true);
  try {
    let transaction: SentTransaction | undefined;
    for (const [index, statement] of statements.entries()) {
      // Statements may depend on what others of their transaction set.
      if (index > 0 && (transaction === undefined || statement.transaction !== transaction)) {
        await client.query('ROLLBACK');
      }
      if (index === 0 || statement.transaction === undefined || statement.transaction !== transaction) {
        await client.query(statement.transaction?.begin ?? 'BEGIN');
      }
      ({ transaction } = statement);
      add(await plansOf(client, statement), statement, costs);
    }
  } finally {
    await client.end();
  }
  return costs;
}

async function plansOf(client: pg.Client, statement: SentStatement): Promise<[Explained, ...Explained[]]> {
  const custom = await explainCustom(client, statement);
  return statement.name === undefined ? [custom] : [custom, await explainGeneric(client, statement)];
}

function add(plans: [Explained, ...Explained[]], statement: SentStatement, costs: PlanCosts): void {
  costs.execution += Math.max(...plans.map(({ Plan }) => buffersOf(Plan)));
  costs.planning += buffersOf(plans[0].Planning ?? {});
  for (const { Plan } of plans) inspect(Plan, statement, costs);
}

async function explainCustom(client: pg.Client, { text, values }: SentStatement): Promise<Explained> {
  return await explained(client, { text: `${EXPLAIN} ${text}`, values: [...values] });
}

async function explainGeneric(client: pg.Client, { text, values }: SentStatement): Promise<Explained> {
  await client.query("SET LOCAL plan_cache_mode = 'force_generic_plan'");
  await client.query(`PREPARE any_values AS ${text}`);
  try {
    const list = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`;
    return await explained(client, { text: `${EXPLAIN} EXECUTE any_values${list}` });
  } finally {
    await client.query('DEALLOCATE any_values; SET LOCAL plan_cache_mode TO DEFAULT').catch(() => undefined);
  }
}

async function explained(client: pg.Client, query: pg.QueryConfig): Promise<Explained> {
  const { rows } = await client.query<{ 'QUERY PLAN': [Explained] }>(query);
  const [plan] = rows[0]?.['QUERY PLAN'] ?? [];
  if (plan === undefined) throw new Error(`There is no plan of ${query.text}`);
  return plan;
}

/** Of type unknown: it becomes that of the parameter. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (!Array.isArray(value)) return pg.escapeLiteral(textOf(value));
  const items = value.map((item: unknown) => (item === null ? 'NULL' : JSON.stringify(textOf(item))));
  return pg.escapeLiteral(`{${items.join(',')}}`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function inspect(node: PlanNode, statement: SentStatement, costs: PlanCosts): void {
  const table = node['Relation Name'];
  if (table !== undefined) {
    costs.tables.add(table);
    if (node['Node Type'] === 'Seq Scan' && isMessageTable(table)) {
      const text = statement.text.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_TEXT);
      costs.scans.push(`Seq Scan on ${table}: ${text}`);
    }
  }
  for (const child of node.Plans ?? []) inspect(child, statement, costs);
}

function buffersOf(buffers: Buffers): number {
  return (buffers['Shared Hit Blocks'] ?? 0) + (buffers['Shared Read Blocks'] ?? 0);
}
