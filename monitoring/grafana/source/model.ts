/*
 * The parts of Grafana's dashboard model that are used here (schema version 39 of Grafana 11.0, which later versions
 * read). Times are in milliseconds; a dashboard has 24 columns.
 */

export type DataSourceType = 'prometheus' | 'grafana-postgresql-datasource';

export interface DataSourceRef {
  type: DataSourceType;
  uid: string;
}

export interface Target {
  refId: string;
  datasource: DataSourceRef;
  [field: string]: unknown;
}

export interface Override {
  matcher: { id: 'byName'; options: string };
  properties: { id: string; value: unknown }[];
}

export interface GridPosition {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: GridPosition;
  description?: string;
  datasource?: DataSourceRef;
  targets?: Target[];
  fieldConfig?: { defaults: Record<string, unknown>; overrides: Override[] };
  [field: string]: unknown;
}

/** A panel without a position. */
export interface PanelPlan extends Omit<Panel, 'id' | 'gridPos'> {
  width: number;
  height: number;
}

export interface Variable {
  name: string;
  type: 'datasource' | 'query' | 'custom';
  label: string;
  description: string;
  [field: string]: unknown;
}

/** Times or regions that are drawn in all charts of a dashboard. */
export interface Annotation {
  name: string;
  datasource: DataSourceRef;
  enable: boolean;
  iconColor: string;
  target: Target;
}

export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  schemaVersion: number;
  templating: { list: Variable[] };
  annotations: { list: Annotation[] };
  panels: Panel[];
  [field: string]: unknown;
}

export interface DashboardPlan {
  uid: string;
  title: string;
  description: string;
  /** The initial time range: `now-6h`. */
  from: string;
  /** The refresh interval: `1m`. */
  refresh: string;
  variables: Variable[];
  annotations?: Annotation[];
  /** Rows with their titles and panels, from left to right. */
  sections: { title: string; panels: PanelPlan[] }[];
}

const COLUMNS = 24;

/** Assigns ids and positions to panels, in order. */
export function dashboard({ uid, title, description, from, refresh, ...plan }: DashboardPlan): Dashboard {
  return {
    uid,
    title,
    description,
    tags: ['tetcore-analytics'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    time: { from, to: 'now' },
    refresh,
    annotations: { list: plan.annotations ?? [] },
    links: [
      {
        type: 'dashboards',
        title: 'Tetcore Analytics',
        tags: ['tetcore-analytics'],
        icon: 'external link',
        tooltip: '',
        url: '',
        targetBlank: false,
        asDropdown: true,
        includeVars: false,
        keepTime: true,
      },
    ],
    templating: { list: plan.variables },
    panels: placed(plan.sections),
  };
}

function placed(sections: DashboardPlan['sections']): Panel[] {
  const panels: Panel[] = [];
  let y = 0;
  for (const section of sections) {
    const id = panels.length + 1;
    panels.push({
      id,
      type: 'row',
      title: section.title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const { width, height, ...panel } of section.panels) {
      if (x + width > COLUMNS) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      panels.push({ ...panel, id: panels.length + 1, gridPos: { x, y, w: width, h: height } } as Panel);
      x += width;
      lineHeight = Math.max(lineHeight, height);
    }
    y += lineHeight;
  }
  return panels;
}
