/** Ids of a table of the source, both bounds included. 0.1.4 has no ids beyond 32 bits. */
export interface IdRange {
  first: number;
  last: number;
}

/**
 * What of a range is not covered yet.
 *
 * @param done sorted by `first`, without overlaps
 */
export function missingIds(done: readonly IdRange[], { first, last }: IdRange): IdRange[] {
  const missing: IdRange[] = [];
  let next = first;
  for (const range of done) {
    if (range.first > last) break;
    if (range.first > next) missing.push({ first: next, last: range.first - 1 });
    next = Math.max(next, range.last + 1);
  }
  if (next <= last) missing.push({ first: next, last });
  return missing;
}

/** The two halves of a range of at least two ids. */
export function halves({ first, last }: IdRange): [IdRange, IdRange] {
  const middle = Math.floor((first + last) / 2);
  return [
    { first, last: middle },
    { first: middle + 1, last },
  ];
}

export function idsIn({ first, last }: IdRange): number {
  return last - first + 1;
}
