import { readdirSync } from 'node:fs';
import type { Dashboard, Panel, Target, Variable } from '../../../monitoring/grafana/source/model.js';
import { readProjectFile, ROOT } from '../../support/markdown.js';
import type { Resolution } from './substitute.js';

export const FOLDER = 'monitoring/grafana/dashboards';

/** The dashboards as they lie in their files, by name. */
export function readDashboards(): Map<string, Dashboard> {
  const files = readdirSync(`${ROOT}/${FOLDER}`).sort();
  return new Map(
    files.map((file) => [
      file.replace(/\.json$/, ''),
      JSON.parse(readProjectFile(`${FOLDER}/${file}`)) as Dashboard,
    ]),
  );
}

/** SQL of a panel or of a variable. */
export interface PanelQuery {
  dashboard: string;
  /** The title of the panel, or the variable with its dollar sign, or the annotation with an at sign. */
  title: string;
  sql: string;
  /** Of a panel: a `table` or a `time_series`. */
  format: string;
  resolution: Resolution;
}

/** All PostgreSQL queries of the dashboards. */
export function panelQueries(): PanelQuery[] {
  return [...readDashboards()].flatMap(([dashboard, { panels, templating, annotations }]) => [
    ...templating.list.flatMap((variable) => ofVariable(dashboard, variable)),
    ...annotations.list.map(({ name, target }) => ofAnnotation(dashboard, name, target)),
    ...panels.flatMap((panel) => ofPanel(dashboard, panel)),
  ]);
}

function ofVariable(dashboard: string, { name, type, query, datasource }: Variable): PanelQuery[] {
  const isSql = (datasource as { type?: string } | undefined)?.type === 'grafana-postgresql-datasource';
  if (type !== 'query' || !isSql || typeof query !== 'string') return [];
  return [{ dashboard, title: `$${name}`, sql: query, format: 'variable', resolution: {} }];
}

function ofAnnotation(dashboard: string, name: string, { rawSql }: Target): PanelQuery {
  return { dashboard, title: `@${name}`, sql: String(rawSql), format: 'annotation', resolution: {} };
}

function ofPanel(dashboard: string, panel: Panel): PanelQuery[] {
  return (panel.targets ?? []).flatMap(({ rawSql, format }) =>
    typeof rawSql === 'string' && typeof format === 'string'
      ? [{ dashboard, title: panel.title, sql: rawSql, format, resolution: panel as Resolution }]
      : [],
  );
}
