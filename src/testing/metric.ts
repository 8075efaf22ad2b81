/** The values of a metric by its labels, of the text that `/metrics` gives. */
export function metric(text: string, name: string): Map<string, number> {
  const lines = text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'));
  return new Map([...lines].map(([, labels = '', value = '']) => [labels, Number(value)]));
}
