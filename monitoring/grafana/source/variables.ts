import type { DataSourceType, Variable } from './model.js';

/** The choice of the data source. */
export function dataSource(type: DataSourceType): Variable {
  return {
    name: 'datasource',
    type: 'datasource',
    label: 'Data source',
    description: `A data source of the type ${type}.`,
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
  /** Whether several values, or all, can be chosen. */
  several?: boolean;
}

/** A variable with the results of a PostgreSQL query, which Grafana repeats when the time range changes. */
export function queryVariable(choice: Choice, rawSql: string): Variable {
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
    // When the time range changes.
    refresh: 2,
    regex: '',
    sort: 0,
    multi: several,
    includeAll: several,
    // Otherwise Grafana selects the first value.
    ...(several ? { current: { selected: true, text: ['All'], value: ['$__all'] } } : {}),
    hide: 0,
  };
}

/** A variable with fixed numbers. */
export function customVariable(choice: Omit<Choice, 'several'>, amounts: number[], chosen: number): Variable {
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
