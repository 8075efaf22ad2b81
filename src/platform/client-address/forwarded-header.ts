/** A pair of RFC 7239, or nothing, and what ends it. Values without quotes may have ports and brackets, as some write. */
const PAIR = /[ \t]*(?:([!#$%&'*+\-.^_`|~\w]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=\\]*))[ \t]*)?(?:([;,])|$)/sy;

/**
 * The hops in one line of a header `Forwarded`, the nearest one last: what each has as `for`, or undefined where it has
 * none or two. What follows after a mistake cannot be told apart, since a quote may be open: it is one such hop.
 */
export function forwardedHops(line: string): (string | undefined)[] {
  const hops: (string | undefined)[] = [];
  let said: string[] = [];
  let isEmpty = true;
  PAIR.lastIndex = 0;
  for (;;) {
    const pair = PAIR.exec(line);
    if (pair === null) return [...hops, undefined];
    const [, name, quoted, plain = '', end] = pair;
    if (name !== undefined) isEmpty = false;
    if (name?.toLowerCase() === 'for') said.push(quoted?.replace(/\\(.)/gs, '$1') ?? plain);
    if (end === ';') continue;
    // An empty element of a list is none.
    if (!isEmpty) hops.push(said.length === 1 ? said[0] : undefined);
    if (end === undefined) return hops;
    said = [];
    isEmpty = true;
  }
}

/** The hops in one line of a header `X-Forwarded-For`, the nearest one last. */
export function forwardedForHops(line: string): string[] {
  return line
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
