import { describe, expect, it } from 'vitest';
import { scalarText } from '../shared/exact-json.js';
import { previewOf, readMessages } from './shown-message.js';

const row = (logs: string): string =>
  `[{"id":1,"msg":"tracing.profiling","created_at":"2026-01-02T03:04:05.678901Z","logs":${logs},"cursor":"c_1"}]`;

describe('readMessages', () => {
  it('keeps 64-bit integers exact', () => {
    const [message] = readMessages(row('{"span_id":18446744073709551615,"time":1.50}'));
    const values = Object.values(message?.logs ?? {}).map((value) => scalarText(value as never));
    expect(values).toEqual(['18446744073709551615', '1.50']);
  });

  it('has a preview of one line without nested values', () => {
    const [message] = readMessages(
      row('{"msg":"x","ts":"y","height":22,"origin":"Own","state":{"a":1},"list":[1]}'),
    );
    expect(previewOf(message?.logs ?? {})).toBe('height=22 origin="Own" state={…} list=[…]');
    const [long] = readMessages(row(`{"text":${JSON.stringify('x'.repeat(1000))}}`));
    expect(previewOf(long?.logs ?? {})).toHaveLength(241);
  });

  it('does not mistake an object for a number of the parser', () => {
    const [message] = readMessages(row('{"isLosslessNumber":true,"value":{"a":1}}'));
    expect(previewOf(message?.logs ?? {})).toBe('isLosslessNumber=true value={…}');
  });
});
