import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFrame, type ParsedMessage } from './message.parser.js';
import { MAX_DEPTH } from '../../platform/json/index.js';

const TS = '2021-02-09T10:00:00.123456789+01:00';

const parse = (text: string) => parseFrame(Buffer.from(text));

function messageOf(frame: string | Buffer): ParsedMessage {
  const parsed = parseFrame(Buffer.from(frame));
  if (parsed.kind !== 'message') throw new Error(`rejected: ${parsed.reason}`);
  return parsed.message;
}

describe('a frame that is not a message', () => {
  it.each([
    ['an empty frame', '', 'invalid_json'],
    ['space alone', ' \n', 'invalid_json'],
    ['half a message', '{"msg":"block.import"', 'invalid_json'],
    ['two messages', '{"msg":"a"}{"msg":"b"}', 'invalid_json'],
    ['V2 with a broken payload', `{"id":1,"ts":"${TS}","payload":{"msg":}}`, 'invalid_json'],
    ['V2 with a broken payload, sorted', `{"id":1,"payload":{"msg":"a},"ts":"${TS}"}`, 'invalid_json'],
    ['an array', '[{"msg":"a"}]', 'not_an_object'],
    ['a string', '"msg"', 'not_an_object'],
    ['a number', '1', 'not_an_object'],
    ['null', 'null', 'not_an_object'],
    ['NUL in a string', '{"msg":"a\\u0000"}', 'nul_character'],
    ['NUL in a key', '{"\\u0000":1}', 'nul_character'],
    ['half of a pair', '{"name":"\\ud800"}', 'lone_surrogate'],
    ['a number beyond numeric', '{"n":1e400000}', 'number_out_of_range'],
    ['nesting too deep', `{"a":${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}}`, 'too_deep'],
    ['nesting very deep', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'too_deep'],
  ])('is rejected with its reason: %s', (_, text, reason) => {
    expect(parse(text)).toEqual({ kind: 'rejected', reason, envelopeId: null });
  });

  it('is rejected if it is not UTF-8', () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      const frame = Buffer.concat([Buffer.from('{"msg":"'), Buffer.from(bytes), Buffer.from('"}')]);
      expect(parseFrame(frame)).toMatchObject({ kind: 'rejected', reason: 'invalid_utf8' });
    }
  });

  it('is rejected with its envelope id, if that can be read', () => {
    const rejected = { kind: 'rejected', reason: 'nul_character', envelopeId: 7 };
    expect(parse(`{"id":7,"ts":"${TS}","payload":{"msg":"a\\u0000"}}`)).toEqual(rejected);
    expect(parse(`{"ts":"${TS}","id":7,"payload":{"msg":"a\\u0000"}}`)).toEqual(rejected);
  });

  it('never throws', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const nearlyJson = fc
      .array(
        fc.constantFrom(...Array.from('{}[]",:\\u0d8 1e9-.n'), '"id":', '"payload":', '"ts":"', '{"id":1,'),
        {
          maxLength: 60,
        },
      )
      .map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(bytes, nearlyJson), (frame) => {
        expect(parseFrame(Buffer.from(frame)).kind).toMatch(/^(message|rejected)$/);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the flat envelope', () => {
  it('is unchanged', () => {
    const text = `{"msg":"tracing.profiling", "id":18446744073709551615,"x":1.50,"level":"INFO","ts":"${TS}"}`;
    expect(messageOf(text)).toEqual({
      envelopeId: null,
      msg: 'tracing.profiling',
      logs: text,
      ascii: true,
      fields: JSON.parse(text) as unknown,
      ts: TS,
    });
  });

  it('loses only the space and the byte order mark around it', () => {
    expect(messageOf('\ufeff \t\r\n{ "msg" :\t"a" }\r\n ').logs).toBe('{ "msg" :\t"a" }');
    expect(messageOf('\ufeff{"name":"\ufeff"}\n').logs).toBe('{"name":"\ufeff"}');
    expect(parse('\ufeff\ufeff{}')).toMatchObject({ reason: 'invalid_json' });
  });

  it('may have neither msg nor ts, and no fields at all', () => {
    expect(messageOf('{}')).toEqual({
      envelopeId: null,
      msg: null,
      logs: '{}',
      ascii: true,
      fields: {},
      ts: null,
    });
  });

  it('has a msg and a ts only if they are strings', () => {
    expect(messageOf('{"msg":1,"ts":2}')).toMatchObject({ msg: null, ts: null, logs: '{"msg":1,"ts":2}' });
    expect(messageOf('{"msg":{"a":1},"ts":null}')).toMatchObject({ msg: null, ts: null });
  });

  it('is any object that is not exactly V2', () => {
    for (const text of [
      '{"id":1,"payload":{"a":1},"msg":"a"}',
      '{"id":1,"payload":{"a":1},"msg":null}',
      '{"id":-1,"payload":{"a":1}}',
      '{"id":1.5,"payload":{"a":1}}',
      '{"id":9007199254740993,"payload":{"a":1}}',
      '{"id":"1","payload":{"a":1}}',
      '{"id":1,"payload":[]}',
      '{"id":1,"payload":null}',
      '{"id":1}',
      '{"payload":{"a":1}}',
    ]) {
      expect(messageOf(text)).toMatchObject({ envelopeId: null, logs: text });
    }
  });

  it('is read with the last of duplicate keys, as jsonb does', () => {
    expect(messageOf('{"msg":"a","msg":"b"}')).toMatchObject({ msg: 'b', logs: '{"msg":"a","msg":"b"}' });
  });

  it('treats __proto__ like any other key', () => {
    const text = '{"__proto__":{"msg":"a","ts":"b","id":1,"payload":{}},"x":1}';
    expect(messageOf(text)).toMatchObject({ envelopeId: null, msg: null, ts: null, logs: text });
    expect(messageOf(`{"id":1,"payload":{"__proto__":{"ts":1}},"ts":"${TS}"}`)).toMatchObject({
      msg: null,
      ts: TS,
      logs: `{"__proto__":{"ts":1},"ts":"${TS}"}`,
    });
    expect(Object.hasOwn({}, 'msg')).toBe(false);
  });
});

describe('msg', () => {
  it('is complete at any length', () => {
    expect(messageOf(`{"msg":"x${'😀'.repeat(5_000)}"}`).msg).toBe(`x${'😀'.repeat(5_000)}`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const parsed = parse(JSON.stringify({ msg: text }));
        fc.pre(parsed.kind === 'message');
        expect(parsed.message.msg).toBe(text);
      }),
    );
  });
});
