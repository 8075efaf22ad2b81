import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRow, InvalidRowError, parseRow, ROW_COLUMNS, splitRows } from './message-row.js';

const CREATED = '2020-08-19T09:38:48.938770771+00:00';
const RECEIVED = '2020-08-19T09:38:49.001Z';
const CONNECTION = '01977f6e-4c00-7000-8000-000000000001';

const line = (msg: string | null, logs: string): string => {
  const text = formatRow(CREATED, RECEIVED, CONNECTION, msg, logs);
  return `${text.head}${text.logs}\n`;
};

describe('a row', () => {
  it('is a line of the COPY text format with a value for each column', () => {
    expect(line('block.import', '{"height":1}')).toBe(
      `${CREATED}\t${RECEIVED}\t${CONNECTION}\tblock.import\t{"height":1}\n`,
    );
    expect(ROW_COLUMNS).toEqual(['created_at', 'received_at', 'peer_connection_id', 'msg', 'logs']);
  });

  it('tells no type from a type that looks like it', () => {
    expect(line(null, '{}')).toContain('\t\\N\t');
    expect(line('\\N', '{}')).toContain('\t\\\\N\t');
    expect(line('', '{}')).toContain('\t\t');
    expect(['\\N', '', null].map((msg) => parseRow(line(msg, '{}')).msg)).toEqual(['\\N', '', null]);
  });

  it('escapes what has a meaning for COPY, each kind alone and all together', () => {
    const field = (logs: string) => line('m', logs).split('\t').slice(4).join('\t');
    expect(field('a\\b')).toBe('a\\\\b\n');
    expect(field('a\nb')).toBe('a\\nb\n');
    expect(field('a\rb')).toBe('a\\rb\n');
    expect(field('a\tb')).toBe('a\\tb\n');
    expect(field('\\n\n\\.\r\t')).toBe('\\\\n\\n\\\\.\\r\\t\n');
  });

  it('can be read back from among others, whatever is in it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\\', '\n', '\r', '\t', 'n', 'N', 't', '.', '$', '&') }),
    );
    const rows = fc.array(fc.record({ msg: fc.option(text), logs: text }), { maxLength: 10 });
    fc.assert(
      fc.property(rows, (all) => {
        const block = Buffer.from(all.map(({ msg, logs }) => line(msg, logs)).join(''));
        const split = splitRows(block);
        expect(Buffer.concat(split)).toEqual(block);
        expect(split.map(parseRow)).toEqual(
          all.map((row) => ({
            createdAt: CREATED,
            receivedAt: RECEIVED,
            peerConnectionId: CONNECTION,
            ...row,
          })),
        );
      }),
    );
  });
});

describe('splitRows', () => {
  it('gives each line with its newline, and a last one that has none', () => {
    expect(splitRows(Buffer.from('a\nb\n')).map(String)).toEqual(['a\n', 'b\n']);
    expect(splitRows(Buffer.from('a\nb')).map(String)).toEqual(['a\n', 'b']);
    expect(splitRows(Buffer.alloc(0))).toEqual([]);
  });
});

describe('parseRow', () => {
  it('refuses a line with too few or too many columns', () => {
    expect(() => parseRow('a\tb\n')).toThrow(InvalidRowError);
    expect(() => parseRow('a\tb\tc\td\te\tf\n')).toThrow(InvalidRowError);
  });
});
