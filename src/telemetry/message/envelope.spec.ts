import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { unwrapAnyEnvelope, unwrapUsualEnvelope, type Unwrapped } from './envelope.js';
import { parseFrame } from './message.parser.js';

const TS = '2021-02-09T10:00:00.123456789+01:00';

function messageOf(text: string) {
  const parsed = parseFrame(Buffer.from(text));
  if (parsed.kind !== 'message') throw new Error(`rejected: ${parsed.reason}`);
  return parsed.message;
}

const openAny = (text: string): Unwrapped | null =>
  unwrapAnyEnvelope(text, JSON.parse(text) as Record<string, unknown>);

describe('the V2 envelope', () => {
  const payload = '{"msg":"tracing.profiling","id":18446744073709551615,"values":{"x":[1.50,1e400]}}';
  const logs = `${payload.slice(0, -1)},"ts":"${TS}"}`;

  it.each([
    ['as declared', `{"id":3,"ts":"${TS}","payload":${payload}}`],
    ['sorted', `{"id":3,"payload":${payload},"ts":"${TS}"}`],
    ['in another order', `{"ts":"${TS}","payload":${payload},"id":3}`],
    ['with space', `\n{ "id" : 3 ,\t"ts" : "${TS}" , "payload" : ${payload} }\n`],
    ['with escapes in its keys', `{"\\u0069d":3,"ts":"${TS}","p\\u0061yload":${payload}}`],
    [
      'with duplicates, of which the last counts',
      `{"id":1,"ts":"","payload":{"a":1},"id":3,"ts":"${TS}","payload":${payload}}`,
    ],
  ])('gives the payload with its ts, digit for digit: %s', (_, text) => {
    expect(messageOf(text)).toEqual({
      envelopeId: 3,
      msg: 'tracing.profiling',
      logs,
      ascii: true,
      fields: JSON.parse(payload) as unknown,
      ts: TS,
    });
  });

  it('may have an empty payload', () => {
    for (const empty of ['{}', '{ }', '{\n}']) {
      expect(messageOf(`{"id":1,"ts":"${TS}","payload":${empty}}`).logs).toBe(`{"ts":"${TS}"}`);
      expect(messageOf(`{"id":1,"payload":${empty},"ts":"${TS}"}`).logs).toBe(`{"ts":"${TS}"}`);
      expect(JSON.parse(messageOf(`{"id":1,"payload":${empty}}`).logs)).toEqual({});
    }
  });

  it('may have a payload with space at its ends', () => {
    expect(messageOf(`{"id":1,"ts":"${TS}","payload":{ "a":1 }}`).logs).toBe(`{ "a":1,"ts":"${TS}"}`);
    expect(messageOf(`{"id":1,"payload":{"a":1} ,"ts":"${TS}"}`).logs).toBe(`{"a":1,"ts":"${TS}"}`);
  });

  it('may have any ts, or none', () => {
    expect(messageOf(`{"id":1,"t\\u0073":"${TS}","payload":{}}`)).toMatchObject({
      ts: TS,
      logs: `{"t\\u0073":"${TS}"}`,
    });
    expect(messageOf('{"id":1,"ts":"a\\"b","payload":{"a":1}}')).toMatchObject({
      ts: 'a"b',
      logs: '{"a":1,"ts":"a\\"b"}',
    });
    expect(messageOf('{"id":1,"ts":1.50,"payload":{"a":1}}')).toMatchObject({
      ts: null,
      logs: '{"a":1,"ts":1.50}',
    });
    expect(messageOf('{"id":1,"payload":{"a":1}}')).toMatchObject({
      envelopeId: 1,
      ts: null,
      logs: '{"a":1}',
    });
    expect(messageOf('{"id":1,"payload":{"ts":"b"}}')).toMatchObject({ ts: 'b', logs: '{"ts":"b"}' });
  });

  it('ignores text in the payload that looks like its end', () => {
    const text = `{"id":1,"payload":{"a":"\\"},\\"ts\\":\\"x\\"}"},"ts":"${TS}"}`;
    expect(messageOf(text)).toMatchObject({ ts: TS, logs: `{"a":"\\"},\\"ts\\":\\"x\\"}","ts":"${TS}"}` });
    const nested = `{"id":1,"payload":{"b":{"a":1},"ts":"x"}}`;
    expect(messageOf(nested)).toMatchObject({ ts: 'x', logs: '{"b":{"a":1},"ts":"x"}' });
    const more = `{"id":1,"payload":{"a":1},"b":{},"ts":"${TS}"}`;
    expect(messageOf(more)).toMatchObject({ ts: TS, logs: `{"a":1,"b":{},"ts":"${TS}"}` });
  });

  it('adds its further members to the payload', () => {
    const { logs, fields } = messageOf(
      '{"id":1,"seq":18446744073709551615,"payload":{"a":1},"__proto__":[]}',
    );
    expect(logs).toBe('{"a":1,"seq":18446744073709551615,"__proto__":[]}');
    expect(fields).toEqual({ a: 1 });
  });

  it('keeps the member of the payload where both have the name', () => {
    expect(messageOf(`{"id":1,"ts":"${TS}","payload":{"id":2,"ts":"x","payload":{}}}`)).toMatchObject({
      ts: TS,
      logs: `{"id":2,"ts":"x","payload":{},"_envelope":{"ts":"${TS}"}}`,
    });
    expect(messageOf('{"id":1,"a":1,"b":2,"_envelope":3,"payload":{"a":4,"__envelope":5}}').logs).toBe(
      '{"a":4,"__envelope":5,"b":2,"_envelope":3,"___envelope":{"a":1}}',
    );
  });
});

// A value of JSON as a text, which a JavaScript value could not stand for.
const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r ');
const digits = fc.stringMatching(/^(0|[1-9]\d{0,40})$/);
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits,
    fc.constantFrom('', '.0', '.50', '.000000000000000000001'),
    fc.constantFrom('', 'e5', 'E+10', 'e-300', 'e400'),
  )
  .map((parts) => parts.join(''));
const string = fc
  .tuple(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"},"ts":"', '\\', '{"', '\\u0000 is fine', '😀'),
    ),
    fc.boolean(),
  )
  .map(([value, escaped]) => {
    const text = value.replaceAll('\0', '');
    return escaped ? `"${Array.from(text, escapeUnits).join('')}"` : JSON.stringify(text);
  });
const key = fc.oneof(
  string,
  fc.constantFrom(
    '"id"',
    '"ts"',
    '"payload"',
    '"_envelope"',
    '"__proto__"',
    '"constructor"',
    '"t\\u0073"',
    '"x"',
    '""',
  ),
);

/** Every other character as an escape. */
function escapeUnits(character: string, index: number): string {
  if (index % 2 === 0) return JSON.stringify(character).slice(1, -1);
  return character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

type Member = [key: string, value: string];

const objectText = (members: readonly Member[], gap: string): string =>
  `{${gap}${members.map(([name, value]) => `${name}${gap}:${gap}${value}${gap}`).join(`,${gap}`)}}`;

const { value, members } = fc.letrec<{ value: string; members: Member[] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(number, string, fc.constantFrom('true', 'false', 'null')),
    fc
      .tuple(fc.array(tie('value'), { maxLength: 4 }), space)
      .map(([all, gap]) => `[${gap}${all.join(`${gap},`)}${gap}]`),
    fc.tuple(tie('members'), space).map(([all, gap]) => objectText(all, gap)),
  ),
  members: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }),
}));

const nameOf = ([name]: Member): string => JSON.parse(name) as string;

/** The last member of each name. */
const last = (all: readonly Member[]): Member[] => [
  ...new Map(all.map((member) => [nameOf(member), member])).values(),
];

describe('any object in the V2 envelope', () => {
  it('is unwrapped without loss in any order and with any space', () => {
    const envelope = fc.tuple(
      members,
      fc.array(
        fc.tuple(key, value).filter((member) => !['id', 'payload', 'msg'].includes(nameOf(member))),
        { maxLength: 4 },
      ),
      fc.nat(),
      space,
      fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 })),
    );
    fc.assert(
      fc.property(envelope, ([inner, further, id, gap, places]) => {
        const payload = objectText(inner, gap);
        const outer = [...further];
        outer.splice(places[0], 0, ['"id"', id.toString()]);
        outer.splice(places[1], 0, ['"payload"', payload]);
        const { envelopeId, fields, logs } = messageOf(objectText(outer, gap));

        const taken = new Set(inner.map(nameOf));
        const kept = last(further);
        const set = kept.filter((member) => taken.has(nameOf(member)));
        const names = new Set([...taken, ...kept.map(nameOf)]);
        let name = '_envelope';
        while (names.has(name)) name = `_${name}`;
        const expected = objectText(
          [
            ...inner,
            ...kept.filter((member) => !taken.has(nameOf(member))),
            ...(set.length > 0 ? [[JSON.stringify(name), objectText(set, '')] satisfies Member] : []),
          ],
          '',
        );
        expect(envelopeId).toBe(id);
        expect(isDeepStrictEqual(fields, JSON.parse(payload))).toBe(true);
        expect(isDeepStrictEqual(JSON.parse(logs), JSON.parse(expected))).toBe(true);
        expect(logs.startsWith(payload.slice(0, -1).trimEnd())).toBe(true);
        for (const [, text] of kept) expect(logs).toContain(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('has the same result by the fast and by the general path', () => {
    const usual = fc.tuple(members, fc.nat(), fc.constantFrom(TS, '', 'now'), space, fc.boolean());
    let taken = 0;
    fc.assert(
      fc.property(usual, ([inner, id, ts, gap, sorted]) => {
        const payload = objectText(inner, gap);
        const text = sorted
          ? `{"id":${id.toString()},"payload":${payload},"ts":"${ts}"}`
          : `{"id":${id.toString()},"ts":"${ts}","payload":${payload}}`;
        const short = unwrapUsualEnvelope(text);
        if (short === null) return;
        taken++;
        const long = openAny(text);
        expect(short.logs.replaceAll(/\s/g, '')).toBe(long?.logs.replaceAll(/\s/g, ''));
        expect(isDeepStrictEqual({ ...short, logs: null }, { ...long, logs: null })).toBe(true);
        expect(isDeepStrictEqual(JSON.parse(short.logs), JSON.parse(long?.logs ?? ''))).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});
