/** The values of a metric by its labels, of the text that `/metrics` gives. */
export function metric(text: string, name: string): Map<string, number> {
  const lines = text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'));
  return new Map([...lines].map(([, labels = '', value = '']) => [labels, Number(value)]));
}

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
