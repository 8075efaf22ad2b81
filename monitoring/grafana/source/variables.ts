import type { DataSourceType, Variable } from './model.js';

/** Which of Grafana's data sources is asked. */
export function dataSource(type: DataSourceType): Variable {
  return {
    name: 'datasource',
    type: 'datasource',
    label: 'Data source',
    description: `Where this is read from: a data source of the type ${type}.`,
    query: type,
    refresh: 1,
    regex: '',
    multi: false,
    includeAll: false,
    hide: 0,
  };
}

interface Choice {
  name: string;
  label: string;
  description: string;
  /** Several of them, or all. */
  several?: boolean;
}

/** What a question of PostgreSQL finds, asked again when the range of time changes. */
export function found(choice: Choice, rawSql: string): Variable {
  return query(choice, 'grafana-postgresql-datasource', rawSql.trim());
}

/** The values of a label of a metric. */
export function labelValues(choice: Choice, metric: string, label: string): Variable {
  return query(choice, 'prometheus', {
    query: `label_values(${metric}, ${label})`,
    refId: 'PrometheusVariableQueryEditor-VariableQuery',
  });
}

function query(choice: Choice, type: DataSourceType, asked: unknown): Variable {
  const { name, label, description, several = false } = choice;
  return {
    name,
    type: 'query',
    label,
    description,
    datasource: { type, uid: '${datasource}' },
    query: asked,
    // When the range of time changes.
    refresh: 2,
    regex: '',
    sort: 0,
    multi: several,
    includeAll: several,
    // Without it Grafana takes the first one that it finds.
    ...(several ? { current: { selected: true, text: ['All'], value: ['$__all'] } } : {}),
    hide: 0,
  };
}

/** Numbers to choose from. */
export function amount(choice: Omit<Choice, 'several'>, amounts: number[], chosen: number): Variable {
  const option = (value: number) => ({
    selected: value === chosen,
    text: value.toString(),
    value: value.toString(),
  });
  return {
    ...choice,
    type: 'custom',
    query: amounts.join(','),
    options: amounts.map(option),
    current: option(chosen),
    multi: false,
    includeAll: false,
    hide: 0,
  };
}
