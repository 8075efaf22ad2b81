/** The time range and variables of a query. */
export interface QueryContext {
  from: Date;
  to: Date;
  /** The time between two points. */
  intervalMs: number;
  /** What is chosen of each variable; several for those that take several. */
  variables: Readonly<Record<string, string | readonly string[]>>;
}

const DEFAULT_POINTS = 1_000;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Maximum number of points of a panel, and the shortest interval between them: `5s`. */
export interface Resolution {
  maxDataPoints?: number;
  interval?: string;
}

/** The interval between points as Grafana chooses it, without rounding to a readable step. */
export function intervalOf({ maxDataPoints, interval }: Resolution, from: Date, to: Date): number {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(interval ?? '1s') ?? [];
  const shortest = Number(count) * (UNITS_MS[unit] ?? NaN);
  const wanted = (to.getTime() - from.getTime()) / (maxDataPoints ?? DEFAULT_POINTS);
  return Math.max(shortest, Math.ceil(wanted / 1_000) * 1_000);
}

/**
 * SQL as Grafana sends it: with the values of variables, then of the macros of its source for PostgreSQL.
 *
 * @throws Error for a variable or a macro that there is not
 */
export function substituted(sql: string, { from, to, intervalMs, variables }: QueryContext): string {
  const range = [from, to].map((time) => `'${time.toISOString()}'`) as [string, string];
  return sql
    .replace(/\$\{(\w+)(?::(\w+))?\}/g, (_, name: string, format: string | undefined) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`There is no variable ${name}.`);
      return formatted(value, format);
    })
    .replaceAll('$__interval_ms', intervalMs.toString())
    .replace(/\$(\w+)\(([^)]*)\)/g, (_, name: string, argument: string) => macro(name, argument, range))
    .replace(/\$(\w+)/, (found) => {
      throw new Error(`${found} is unknown.`);
    });
}

function formatted(value: string | readonly string[], format: string | undefined): string {
  const values = typeof value === 'string' ? [value] : value;
  switch (format) {
    case 'sqlstring':
      return values.map((each) => `'${each.replaceAll("'", "''")}'`).join(',');
    default:
      throw new Error(`A variable has the format ${format ?? '(none)'}, which does not quote its value.`);
  }
}

function macro(name: string, argument: string, [from, to]: [string, string]): string {
  switch (name) {
    case '__timeFrom':
      return from;
    case '__timeTo':
      return to;
    case '__timeFilter':
      return `${argument} BETWEEN ${from} AND ${to}`;
    default:
      throw new Error(`Grafana knows no macro ${name}.`);
  }
}
