import { describe, expect, it } from 'vitest';
import { END_REASONS } from '../../src/storage/schema/index.js';
import { codesIn, readProjectFile } from '../../test/support/markdown.js';
import { type Source, sourcesIn } from '../../test/supply-chain/sources.js';
import { reasonText } from './end-reasons.js';

/** What becomes the reason of a connection of a node: by its socket, of those whose server is lost, and of old ones. */
const ASSIGNED = /\bendReason\s*(?:\?\?=?|=(?!=))\s*([^;]+);/g;
const IN_SQL = /\bend_reason = ('[a-z_]+')/g;
/** A constant that is put into SQL. */
const NAMED = /: EndReason = ([^;]+);/g;
/** A connection that gives way to another one while its socket is open. */
const REPLACED = /\bthis\.replace\(\w+, ('[a-z_]+'), \w+\)/g;
/** The end reasons of a socket, and the limits that it exceeds, which have the same names. */
const TYPES = /\btype (?:SocketEndReason|LimitViolation) =\s*([^;]+);/g;

/** Pieces of code, each of which names the reasons in it. */
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

describe('why a connection ended', () => {
  const pieces = writers();
  const written = [...new Set(pieces.flatMap(reasonsIn))].sort();

  it('is found in the code of the server, wherever it is written', () => {
    expect(pieces.filter((piece) => reasonsIn(piece).length === 0)).toEqual([]);
    expect(written.length).toBeGreaterThanOrEqual(10);
  });

  it('is one of the reasons of the schema, each of which the server writes', () => {
    expect(written).toEqual([...END_REASONS].sort());
  });

  it('has words for each reason that the server writes', () => {
    expect(written.filter((reason) => reasonText(reason, null) === reason)).toEqual([]);
    expect(reasonText('too_many_bytes', 1008)).toBe('Data rate limit exceeded (1008)');
  });

  it('is said as it came where it is a reason of another version', () => {
    expect(reasonText('eaten', null)).toBe('eaten');
    expect(reasonText('constructor', 1000)).toBe('constructor (1000)');
    expect(reasonText(null, null)).toBe('Open');
  });

  it('is listed in docs/schema.md, and nothing else is', () => {
    const line = readProjectFile('docs/schema.md')
      .split('\n')
      .find((text) => text.startsWith('- `end_reason` is '));
    const [, ...listed] = codesIn((line ?? '').split(';')[0] ?? '');
    expect(listed.sort()).toEqual(written);
  });
});
