/** The lower one of two ids of batches; where there is one, that one. */
export function lowerId(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
