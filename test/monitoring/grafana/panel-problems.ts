import type {
  Dashboard,
  DataSourceRef,
  GridPosition,
  Panel,
  Target,
  Variable,
} from '../../../monitoring/grafana/source/model.js';

const COLUMNS = 24;
/** Grafana takes no longer one. */
const LONGEST_UID = 40;
const VARIABLE_TYPES = ['datasource', 'query', 'custom'];
const DATA_SOURCE = '${datasource}';

/** Errors in a dashboard that Grafana would reject or not show. */
export function dashboardProblems(dashboard: Dashboard): string[] {
  const { uid, title, schemaVersion, panels, templating } = dashboard;
  const variables = templating.list;
  return [
    ...(/^[a-z][a-z-]*$/.test(uid) && uid.length <= LONGEST_UID ? [] : [`The uid is ${uid}.`]),
    ...(title === '' ? ['It has no title.'] : []),
    ...(schemaVersion === 39 ? [] : [`The version of the schema is ${schemaVersion}.`]),
    ...twice(panels.map(({ id }) => id.toString())).map((id) => `Two panels have the id ${id}.`),
    ...twice(panels.map((panel) => panel.title)).map((each) => `Two panels are called ${each}.`),
    ...twice(variables.map(({ name }) => name)).map((name) => `Two variables are called ${name}.`),
    ...panels.flatMap((panel, index) => [
      ...panelProblems(panel),
      ...panels
        .slice(index + 1)
        .filter((other) => overlap(panel.gridPos, other.gridPos))
        .map((other) => `${panel.title} overlaps ${other.title}.`),
    ]),
    ...variables.flatMap(variableProblems),
    ...dataSourceProblems(dashboard),
    ...usageProblems(dashboard),
  ];
}

function panelProblems({ type, title, description, gridPos, fieldConfig, targets = [] }: Panel): string[] {
  const { x, y, w, h } = gridPos;
  const isPlaced =
    [x, y, w, h].every(Number.isInteger) && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= COLUMNS;
  const problems = isPlaced ? [] : [`${title} is outside of the grid.`];
  if (title === '') problems.push('A panel has no title.');
  if (type === 'row') return problems;
  if ((description ?? '') === '') problems.push(`${title} has no description.`);
  if (typeof fieldConfig?.defaults.unit !== 'string') problems.push(`${title} has no unit.`);
  if (targets.length === 0) problems.push(`${title} has no query.`);
  for (const id of twice(targets.map(({ refId }) => refId)))
    problems.push(`${title} has two queries called ${id}.`);
  problems.push(...targets.filter(isMetric).flatMap((target) => timeProblems(title, type, target)));
  const asked = JSON.stringify(targets);
  for (const { matcher } of fieldConfig?.overrides ?? [])
    if (!asked.includes(JSON.stringify(matcher.options).slice(1, -1)))
      problems.push(`${title} has no column or line ${matcher.options}.`);
  return problems;
}

const isMetric = (target: Target): boolean => target.datasource.type === 'prometheus';

/** Time series need range queries; stat panels need instant queries, since a range query shows stale values for hours. */
function timeProblems(title: string, type: string, { refId, instant, range }: Target): string[] {
  const isLine = type === 'timeseries';
  return range === isLine && instant === !isLine
    ? []
    : [`${title} does not query ${refId} as ${isLine ? 'range' : 'instant only'}.`];
}

function variableProblems({ name, type, label, description }: Variable): string[] {
  return [
    ...(VARIABLE_TYPES.includes(type) ? [] : [`$${name} is a ${type}.`]),
    ...(label === '' || description === '' ? [`$${name} has no label or description.`] : []),
  ];
}

/** All queries use the chosen data source and its type. */
function dataSourceProblems({ panels, templating, annotations }: Dashboard): string[] {
  const type = templating.list.find(({ name }) => name === 'datasource')?.query;
  const used = [
    ...panels.flatMap(({ targets = [] }) => targets),
    ...panels,
    ...templating.list,
    ...annotations.list,
  ].flatMap(({ datasource }) => (datasource === undefined ? [] : [datasource as DataSourceRef]));
  return [
    ...(used.length === 0 ? ['There are no queries.'] : []),
    ...used
      .filter((each) => each.uid !== DATA_SOURCE || each.type !== type)
      .map((each) => `A query uses the data source ${each.type} ${each.uid}.`),
  ];
}

/** Undeclared and unused variables. */
function usageProblems({ panels, templating, annotations }: Dashboard): string[] {
  const declared = templating.list.map(({ name }) => name);
  const text = JSON.stringify([panels, templating.list, annotations.list]);
  const used = [...text.matchAll(/\$\{?(\w+)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('__'));
  return [
    ...[...new Set(used)].filter((name) => !declared.includes(name)).map((name) => `There is no $${name}.`),
    ...declared.filter((name) => !used.includes(name)).map((name) => `$${name} is not used.`),
  ];
}

function twice(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

function overlap(one: GridPosition, other: GridPosition): boolean {
  return (
    one.x < other.x + other.w &&
    other.x < one.x + one.w &&
    one.y < other.y + other.h &&
    other.y < one.y + one.h
  );
}
