import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_DEPTH, MAX_EXPONENT_DIGITS } from '../../src/platform/json/index.js';
import { type ParsedFrame, parseFrame } from '../../src/telemetry/message/message.parser.js';
import { FrameFuzzer } from './frame-fuzzer.js';
import { type Reading, JsonbReader } from './jsonb-reader.js';
import { jsonTexts } from './json-texts.js';
import { oddFrames } from './odd-frames.js';
import { TestDatabase } from '../support/databases.js';

/** In all; `TEST_FUZZ_FRAMES` asks for more. */
const FRAMES = Number(process.env.TEST_FUZZ_FRAMES ?? 4_000);
const SEED = Number(process.env.TEST_FUZZ_SEED ?? 20_261_126);
/** A property looks at so many at once. */
const AT_ONCE = 100;
/** As the server reads it, which cuts what it keeps in memory. */
const MAX_FRAME = 512 * 1024;

const texts = fc.array(
  jsonTexts.map((text) => Buffer.from(text)),
  { maxLength: 2 * AT_ONCE, size: 'max' },
);
const mutated = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 2 * AT_ONCE })).map(([seed, count]) => {
  const fuzzer = new FrameFuzzer(seed, MAX_FRAME);
  return Array.from({ length: count }, () => fuzzer.next());
});

describe('the parser, compared with PostgreSQL', () => {
  let database: TestDatabase;
  let reader: JsonbReader;

  beforeAll(async () => {
    database = await TestDatabase.create();
    reader = await JsonbReader.open(database.url);
  });

  afterAll(async () => {
    await reader.close();
    await database[Symbol.asyncDispose]();
  });

  /** What is wrong with how these frames are read; nothing, if all is well. */
  async function objections(frames: readonly Buffer[]): Promise<string[]> {
    const parsed = frames.map((frame) => parseFrame(frame));
    const readings = await reader.read(frames);
    const messages = parsed.flatMap((each) => (each.kind === 'message' ? [each.message] : []));
    const stored = (await reader.store(messages, Date.now()))[Symbol.iterator]();
    return frames.flatMap((frame, at) => {
      const [is, reading] = [parsed[at], readings[at]];
      if (is === undefined || reading === undefined) throw new Error('PostgreSQL has not read all frames.');
      const objection =
        is.kind === 'rejected' ? refused(is, reading, frame) : kept(is, reading, stored.next().value);
      return objection === null
        ? []
        : [`${objection}: ${JSON.stringify(frame.toString('latin1').slice(0, 2_000))}`];
    });
  }

  it.each([
    ['JSON, and what is nearly JSON', texts],
    ['mutations of what nodes send', mutated],
  ])(
    'never throws, and stores as it came what jsonb takes, and nothing else: %s',
    { timeout: 60_000 + FRAMES * 10 },
    async (_, frames) => {
      await fc.assert(
        fc.asyncProperty(frames, async (some) => {
          expect(await objections(some)).toEqual([]);
        }),
        { numRuns: Math.ceil(FRAMES / 2 / AT_ONCE), seed: SEED },
      );
    },
  );

  it('agrees on every known edge case', async () => {
    const frames = oddFrames();
    expect(frames.length).toBeGreaterThan(100);
    expect(await objections(frames.map(({ bytes }) => bytes))).toEqual([]);
    const verdicts = frames.map(({ what, is, bytes }) => [what, is, verdict(parseFrame(bytes))]);
    expect(verdicts.filter(([, is, found]) => is !== found)).toEqual([]);
  });
});

function verdict(parsed: ParsedFrame): string {
  return parsed.kind === 'message' ? 'message' : parsed.reason;
}

/** A message is stored as PostgreSQL reads the frame, digit for digit. */
function kept(
  { message }: ParsedFrame & { kind: 'message' },
  { text, type, hasMsg, id, opened }: Reading,
  stored: { msg: string | null; logs: string } | undefined,
): string | null {
  if (stored === undefined) return 'is not stored';
  if (text === null || type !== 'object') return 'is stored, and jsonb refuses it';
  const number = Number(id ?? -1);
  const isNested = hasMsg === false && opened !== null && Number.isSafeInteger(number) && number >= 0;
  if (message.envelopeId !== (isNested ? Math.abs(number) : null))
    return `has the envelope ${String(message.envelopeId)}`;
  if (stored.logs !== (isNested ? opened : text)) return 'is stored otherwise';
  const { msg } = JSON.parse(stored.logs) as { msg?: unknown };
  const is = typeof msg === 'string' ? msg : null;
  return stored.msg === is ? null : `has the type ${String(stored.msg)}`;
}

/** What jsonb takes is refused only if it is no object, or beyond a bound of ours. */
function refused(
  { reason }: ParsedFrame & { kind: 'rejected' },
  { text, type }: Reading,
  frame: Buffer,
): string | null {
  if (text === null || (type !== 'object' && reason === 'not_an_object')) return null;
  if (reason === 'too_deep' && depthOf(frame.toString()) > MAX_DEPTH) return null;
  if (reason === 'number_out_of_range' && exponentsOf(frame.toString()) > MAX_EXPONENT_DIGITS) return null;
  return `is refused as ${reason}, and jsonb takes it`;
}

const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;

function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (const [bracket] of json.replace(STRINGS, '').matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** About the digits that the numbers with an exponent have once written out. */
function exponentsOf(json: string): number {
  return [...json.replace(STRINGS, '').matchAll(/\d+(?:\.\d+)?[eE][+-]?(\d+)/g)].reduce(
    (sum, [number, exponent]) => sum + Number(exponent) + number.length,
    0,
  );
}
