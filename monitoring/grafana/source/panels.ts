import type { Annotation, DataSourceRef, Override, PanelPlan, Target } from './model.js';

const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };
const POSTGRES: DataSourceRef = { type: 'grafana-postgresql-datasource', uid: '${datasource}' };

const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

/** Queries of Prometheus: expressions with what their lines are called. */
export function promql(...queries: [expr: string, legend: string][]): Target[] {
  return queries.map(([expr, legendFormat], index) => ({
    refId: refId(index),
    datasource: PROMETHEUS,
    editorMode: 'code',
    expr,
    legendFormat,
    range: true,
    instant: false,
  }));
}

/**
 * A query of PostgreSQL.
 *
 * @param format `time_series` has a column `time` in ascending order, numbers, and where there are several lines of
 * one number a column `metric` with their names
 */
export function sql(format: 'time_series' | 'table', rawSql: string): Target[] {
  return [
    {
      refId: refId(0),
      datasource: POSTGRES,
      editorMode: 'code',
      format,
      rawQuery: true,
      rawSql: rawSql.trim(),
    },
  ];
}

/**
 * Shaded regions in all charts of a dashboard.
 *
 * @param rawSql has the columns `time`, `timeend` and `text`
 */
export function regions(name: string, iconColor: string, rawSql: string): Annotation {
  const [target] = sql('table', rawSql) as [Target];
  return { name, datasource: POSTGRES, enable: true, iconColor, target };
}

interface About {
  title: string;
  /** What the panel shows, and its limits. */
  description: string;
  /** A unit of Grafana: `short`, `s`, `bytes`. */
  unit: string;
  targets: Target[];
  width?: number;
  height?: number;
  /** Maximum number of points. */
  points?: number;
  /** Shortest interval between points, such as `5s`. */
  interval?: string;
}

interface LinesAbout extends About {
  /** A dashed line, named by its legend: a bound. */
  bound?: string;
  stacked?: boolean;
  min?: number;
}

/** Lines over time. */
export function lines(about: LinesAbout): PanelPlan {
  const { bound, stacked = false, min } = about;
  return {
    ...common('timeseries', { width: 12, height: 8, ...about }, boundLine(bound), {
      ...(min === undefined ? {} : { min }),
      custom: {
        drawStyle: 'line',
        fillOpacity: stacked ? 25 : 0,
        lineWidth: 1,
        showPoints: 'auto',
        spanNulls: false,
        stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
      },
    }),
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

function boundLine(name: string | undefined): Override[] {
  if (name === undefined) return [];
  return [
    {
      matcher: { id: 'byName', options: name },
      properties: [
        { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
        { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
      ],
    },
  ];
}

interface NumberAbout extends About {
  /** Texts that replace values. */
  words?: Record<string, { text: string; color: string }>;
}

/**
 * A large number for each series, evaluated at the end of the time range. The last known value is not used: a server
 * that is down would still appear healthy.
 */
export function stat(about: NumberAbout): PanelPlan {
  const { words } = about;
  const targets = about.targets.map((target) =>
    'expr' in target ? { ...target, range: false, instant: true } : target,
  );
  return {
    ...common('stat', { width: 4, height: 4, ...about, targets }, [], {
      mappings: words === undefined ? [] : [{ type: 'value', options: words }],
    }),
    options: {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      colorMode: words === undefined ? 'none' : 'background',
      graphMode: 'none',
      textMode: 'auto',
    },
  };
}

interface TableAbout extends About {
  /** Units by column, where they differ from `unit`. */
  units?: Record<string, string>;
}

/** A table with the rows of a query. */
export function table(about: TableAbout): PanelPlan {
  const overrides = Object.entries(about.units ?? {}).map(([options, value]): Override => ({
    matcher: { id: 'byName', options },
    properties: [{ id: 'unit', value }],
  }));
  return {
    ...common('table', { width: 24, height: 9, ...about }, overrides, {
      custom: { align: 'auto', filterable: true },
    }),
    options: { showHeader: true, cellHeight: 'sm' },
  };
}

/** A bar for each row of a query that returns a text and a number. */
export function bars(about: About): PanelPlan {
  return {
    ...common('bargauge', { width: 12, height: 9, ...about }, [], { min: 0 }),
    options: {
      orientation: 'horizontal',
      displayMode: 'basic',
      valueMode: 'color',
      reduceOptions: { calcs: [], fields: '', values: true, limit: 20 },
    },
  };
}

function common(
  type: string,
  { title, description, unit, targets, width = 12, height = 8, points, interval }: About,
  overrides: Override[],
  defaults: Record<string, unknown>,
): PanelPlan {
  return {
    type,
    title,
    description,
    ...(targets[0] === undefined ? {} : { datasource: targets[0].datasource }),
    width,
    height,
    ...(points === undefined ? {} : { maxDataPoints: points }),
    ...(interval === undefined ? {} : { interval }),
    targets,
    fieldConfig: { defaults: { unit, ...defaults }, overrides },
  };
}
