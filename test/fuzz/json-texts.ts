import fc from 'fast-check';

const MANY = 40;
const some = <T>(weight: number, ...values: T[]): fc.WeightedArbitrary<T> => ({
  weight,
  arbitrary: fc.constantFrom(...values),
});

const space = fc.oneof(some(MANY, ''), some(4, ' ', '\n', '\t', '\r\n  '), some(1, '\f', '\u00a0', '\ufeff'));

/** What stands between the quotes of a string, mostly as JSON has it. */
const character = fc.oneof(
  {
    weight: 3 * MANY,
    arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 4 }).map(quoted),
  },
  { weight: MANY, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }).map(quoted) },
  some(
    MANY,
    ...['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0001', '\\u001F', '\\u00e9', '\\uFFFF'],
    ...['\\ud83d\\ude00', '\\uD83D\\uDE00', '\\\\u0000', '\\\\ud800', '\u007f', '\u0080', '\u2028', '\u2029'],
    ...['\ufffe', '\uffff', '😀', '\u202e', '\ufeff', '/', '{', '}', '[', ']', ',', ':', '\\\\.', '\\\\N'],
  ),
  some(1, '\\u0000', '\\ud800', '\\udc00', '\\ud800\\u0041', '\\ude00\\ud83d', '\\ud83d\\ud83d\\ude00'),
  some(1, '\0', '\n', '\x1f', '\\x', '\\', '\\u12', '"', '\\U0041'),
);

/** With its quotes. */
const string = fc.array(character, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`);

const digits = fc.oneof(
  { weight: MANY, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String) },
  some(MANY, '0', '1', '9', '10', '9007199254740993', '18446744073709551615'),
  some(1, '9'.repeat(131_072), '9'.repeat(131_073), `1${'0'.repeat(20_000)}`),
);
const fraction = fc.oneof(
  some(3 * MANY, ''),
  some(MANY, '.0', '.5', '.50', '.000', '.123456789012345678901234567890'),
  some(1, `.${'1'.repeat(16_383)}`, `.${'1'.repeat(16_384)}`, `.${'0'.repeat(16_384)}`),
);
const exponent = fc.oneof(
  some(3 * MANY, ''),
  some(MANY, 'e0', 'E1', 'e+2', 'e-3', 'e05', 'E-00', 'e100', 'e-400', 'e308', 'e309'),
  some(2, 'e131071', 'e131072', 'e131070', 'e-16383', 'e-16384', 'e-16382'),
  some(
    1,
    'e1073741822',
    'e1073741823',
    'e-1073741823',
    'e400000',
    'e99999999999999999999',
    'e-99999999999999',
  ),
);
const number = fc.oneof(
  {
    weight: 4 * MANY,
    arbitrary: fc
      .tuple(fc.constantFrom('', '', '-'), digits, fraction, exponent)
      .map((parts) => parts.join('')),
  },
  some(1, '01', '1.', '.5', '+1', 'NaN', 'Infinity', '-', '1e', '0x10', '1_0', '--1', '-0.0e-0'),
);

/** Names that mean something to an envelope, over and over, so that they meet. */
const key = fc.oneof(
  some(
    3 * MANY,
    ...['id', 'ts', 'payload', 'msg', 'level', 'a', 'b', '_envelope', '__envelope', '__proto__'].map(
      (name) => `"${name}"`,
    ),
  ),
  some(
    MANY,
    '"m\\u0073g"',
    '"\\u0069d"',
    '"paylo\\u0061d"',
    '"constructor"',
    '"toString"',
    '""',
    '"t\\u0073"',
  ),
  { weight: MANY, arbitrary: string },
);

const { value, object } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    { weight: 2 * MANY, arbitrary: string },
    { weight: 2 * MANY, arbitrary: number },
    some(MANY, 'true', 'false', 'null', '{}', '[]'),
    some(1, 'nul', 'True', 'undefined', '', '//', "'a'"),
    { weight: 2 * MANY, arbitrary: tie('object') },
    { weight: MANY, arbitrary: tie('array') },
    { weight: 1, arbitrary: nested() },
  ),
  object: fc
    .array(
      fc
        .tuple(space, key, space, tie('value'), space)
        .map(([before, name, colon, member, after]) => `${before}${name}${colon}:${member}${after}`),
      { maxLength: 6, depthIdentifier: 'json' },
    )
    .map((members) => `{${members.join(',')}}`),
  array: fc
    .array(
      fc.tuple(space, tie('value'), space).map((parts) => parts.join('')),
      {
        maxLength: 4,
        depthIdentifier: 'json',
      },
    )
    .map((items) => `[${items.join(',')}]`),
}));

/** Around the depth at which a message is refused. */
function nested(): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom(['[', ']'], ['{"a":', '}']),
      fc.constantFrom(3, 100, 996, 997, 998, 999, 1000, 1001, 5000),
    )
    .map(([[open = '', close = ''], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`);
}

const id = fc.oneof(
  some(3 * MANY, '0', '1', '7', '42', '999999999999999', '9007199254740991'),
  some(
    2,
    '1.0',
    '1e0',
    '-1',
    '-0',
    '"1"',
    'null',
    '9007199254740992',
    '1.0000000000000000000001',
    '01',
    '1e-400',
  ),
);
const ts = fc.oneof(
  some(2 * MANY, '"2021-02-09T10:00:00.123456789+01:00"', '"2021-02-09T10:00:00Z"', '""'),
  some(4, '"yesterday"', '17', 'null', '"2021-02-09T10:00:00Z\\n"', '"2021-02-30T10:00:00Z"', '{}'),
);

/** The two forms that nodes send, whose payloads are cut out by position. */
const usual = fc
  .tuple(fc.boolean(), id, ts, object)
  .map(([sorted, node, time, payload]) =>
    sorted
      ? `{"id":${node},"payload":${payload},"ts":${time}}`
      : `{"id":${node},"ts":${time},"payload":${payload}}`,
  );

/** Any order, more members, names that come twice. */
const envelope = fc
  .tuple(
    fc.array(
      fc.oneof(
        id.map((text) => `"id":${text}`),
        ts.map((text) => `"ts":${text}`),
        { weight: 2, arbitrary: object.map((text) => `"payload":${text}`) },
        fc.tuple(key, value).map(([name, text]) => `${name}:${text}`),
      ),
      { minLength: 2, maxLength: 6 },
    ),
    space,
  )
  .map(([members, gap]) => `{${members.join(`${gap},${gap}`)}}`);

/** Texts that are JSON, nearly JSON, or far from it; most of them objects, in either envelope. */
export const jsonTexts: fc.Arbitrary<string> = fc
  .tuple(
    space,
    fc.oneof(
      { weight: MANY, arbitrary: object },
      { weight: MANY, arbitrary: usual },
      { weight: MANY, arbitrary: envelope },
      { weight: 4, arbitrary: value },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    ),
    space,
  )
  .map((parts) => parts.join(''));

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
