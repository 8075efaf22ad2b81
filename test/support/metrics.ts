import { metric } from '../../src/testing/metric.js';

export { metric };

/** The types of the metrics, such as `counter`, by their names. */
export function metricTypes(text: string): Map<string, string> {
  const lines = text.matchAll(/^# TYPE (\w+) (\w+)$/gm);
  return new Map([...lines].map(([, name = '', type = '']) => [name, type]));
}

/** All values of a metric whose labels say so. */
export function sumOf(text: string, name: string, label = ''): number {
  return [...metric(text, name)]
    .filter(([labels]) => labels.includes(label))
    .reduce((sum, [, value]) => sum + value, 0);
}
