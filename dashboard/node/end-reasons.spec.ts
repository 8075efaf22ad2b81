import { describe, expect, it } from 'vitest';
import { END_REASONS } from '../../src/storage/schema/index.js';
import { codesIn, readProjectFile } from '../../test/support/markdown.js';
import { type Source, sourcesIn } from '../../test/supply-chain/sources.js';
import { reasonText } from './end-reasons.js';

/** Assignments of a reason: by the socket, for connections of a lost server, and for imported ones. */
const ASSIGNED = /\bendReason\s*(?:\?\?=?|=(?!=))\s*([^;]+);/g;
const IN_SQL = /\bend_reason = ('[a-z_]+')/g;
/** A constant in SQL. */
const NAMED = /: EndReason = ([^;]+);/g;
/** A connection that another one replaces on an open socket. */
const REPLACED = /\bthis\.replace\(\w+, ('[a-z_]+'), \w+\)/g;
/** End reasons of a socket, and exceeded limits, which have the same names. */
const TYPES = /\btype (?:SocketEndReason|LimitViolation) =\s*([^;]+);/g;

/** Pieces of code that contain reasons. */
function writers(): string[] {
  const sources = sourcesIn(
    'src/platform/sockets',
    'src/telemetry/socket',
    'src/storage/maintenance/collector',
    'src/import/target',
  ).filter(({ path }) => !path.includes('.spec.'));
  const found = (pattern: RegExp): string[] =>
    sources.flatMap(({ text }: Source) => [...text.matchAll(pattern)].map(([, piece = '']) => piece));
  // A parameter has one of the types.
  const assigned = found(ASSIGNED).filter((piece) => piece !== 'reason');
  return [...assigned, ...found(IN_SQL), ...found(NAMED), ...found(REPLACED), ...found(TYPES)];
}

const reasonsIn = (piece: string): string[] =>
  [...piece.matchAll(/'([a-z_]+)'/g)].map(([, reason = '']) => reason);

describe('end reasons', () => {
  const pieces = writers();
  const written = [...new Set(pieces.flatMap(reasonsIn))].sort();

  it('are found in the code of the server', () => {
    expect(pieces.filter((piece) => reasonsIn(piece).length === 0)).toEqual([]);
    expect(written.length).toBeGreaterThanOrEqual(10);
  });

  it('are exactly those of the schema', () => {
    expect(written).toEqual([...END_REASONS].sort());
  });

  it('have a text each', () => {
    expect(written.filter((reason) => reasonText(reason, null) === reason)).toEqual([]);
    expect(reasonText('too_many_bytes', 1008)).toBe('Data rate limit exceeded (1008)');
  });

  it('of another version are shown unchanged', () => {
    expect(reasonText('eaten', null)).toBe('eaten');
    expect(reasonText('constructor', 1000)).toBe('constructor (1000)');
    expect(reasonText(null, null)).toBe('Open');
  });

  it('are exactly those in docs/schema.md', () => {
    const line = readProjectFile('docs/schema.md')
      .split('\n')
      .find((text) => text.startsWith('- `end_reason` is '));
    const [, ...listed] = codesIn((line ?? '').split(';')[0] ?? '');
    expect(listed.sort()).toEqual(written);
  });
});
