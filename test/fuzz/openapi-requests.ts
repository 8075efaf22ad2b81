import fc from 'fast-check';
import { TIMESTAMP } from '../../src/platform/http/index.js';
import type { JsonSchema, OpenApiAnswers, Operation, Parameter } from '../support/openapi-answers.js';

export interface ApiRequest {
  method: string;
  path: string;
  body: string | undefined;
  headers: Record<string, string>;
  /** It has a parameter that the document does not. */
  hasUnknown: boolean;
}

/** Values that exist on the server, by the name of what takes them. */
export type Known = Record<string, string[]>;

const NASTY = [
  '',
  ' ',
  '\0',
  '0',
  '-1',
  '1e3',
  '9007199254740993',
  '9'.repeat(40),
  'null',
  'true',
  '%',
  '%00',
  "'; DROP TABLE logs_audit; --",
  '$1',
  '\ud800',
  '😀'.repeat(20),
  'x'.repeat(3000),
  '../..',
  '__proto__',
  '2020-01-01T00:00:00',
  '2020-02-30T00:00:00',
  '294277-01-01T00:00:00Z',
  '019b0f4e-6f5c-7d7a-b7a1-2f6f0c0a4f11',
  '2026-01-02T03:04:05.678901Z_1234',
  '9999-99-99T99:99:99.999999Z_999999999999999999',
];

/** Requests of an operation: mostly as the document has them, now and then not. */
export function requestsOf(
  answers: OpenApiAnswers,
  operation: Operation,
  known: Known,
): fc.Arbitrary<ApiRequest> {
  const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
  const inQuery = operation.parameters.filter((parameter) => parameter.in === 'query');
  return fc
    .record({
      path: fc.tuple(...inPath.map((parameter) => valueOf(parameter, known).filter((value) => value !== ''))),
      query: fc.tuple(...inQuery.map((parameter) => queryOf(parameter, known))),
      more: fc.oneof(
        { weight: 20, arbitrary: fc.constant(null) },
        {
          weight: 1,
          arbitrary: fc.tuple(fc.constantFrom('foo', '__proto__', 'constructor', 'limit[]', ''), text()),
        },
      ),
      slash: fc.boolean(),
      body: bodyOf(answers, operation.body, known),
      accept: fc.constantFrom('*/*', 'application/json', 'application/x-ndjson', 'text/csv', 'text/html', ''),
      type: fc.constantFrom(...Array<string>(9).fill('application/json'), 'text/plain'),
    })
    .map(({ path, query, more, slash, body, accept, type }) => ({
      method: operation.method,
      hasUnknown: more !== null && more[0] !== '',
      path:
        inPath.reduce(
          (made, { name }, index) => made.replace(`{${name}}`, encode(path[index] ?? 'x')),
          operation.path,
        ) +
        (slash && operation.path !== '/' ? '/' : '') +
        queryText([...query.flat(), ...(more === null ? [] : [more])]),
      body,
      headers: { accept, ...(body !== undefined && { 'content-type': type }) },
    }));
}

function queryOf(parameter: Parameter, known: Known): fc.Arbitrary<[string, string][]> {
  const one = valueOf(parameter, known).map((value): [string, string][] => [[parameter.name, value]]);
  const none = fc.constant<[string, string][]>([]);
  return fc.oneof(
    { weight: parameter.required === true ? 40 : 8, arbitrary: one },
    { weight: parameter.required === true ? 1 : 16, arbitrary: none },
    { weight: 1, arbitrary: fc.tuple(one, one).map((both) => both.flat()) },
  );
}

function valueOf({ name, schema }: Parameter, known: Known): fc.Arbitrary<string> {
  const values = known[name];
  return fc.oneof(
    { weight: 20, arbitrary: fitting(schema) },
    ...(values === undefined || values.length === 0
      ? []
      : [{ weight: 30, arbitrary: fc.constantFrom(...values) }]),
    { weight: 2, arbitrary: text() },
  );
}

/** What a schema takes. */
function fitting(schema: JsonSchema): fc.Arbitrary<string> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map(String));
  if (schema.type === 'boolean') return fc.constantFrom('true', 'false');
  if (schema.type === 'integer') {
    const [min, max] = [schema.minimum ?? 0, schema.maximum ?? 1000];
    return fc.oneof(fc.integer({ min, max: Math.min(max, min + 50) }), fc.constant(max)).map(String);
  }
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.pattern === TIMESTAMP) return time();
  return text();
}

function time(): fc.Arbitrary<string> {
  return fc.oneof(
    fc
      .date({ noInvalidDate: true, min: new Date(-62e12), max: new Date(253e12) })
      .map((at) => at.toISOString()),
    fc.integer({ min: -100_000, max: 100_000 }).map((age) => new Date(Date.now() - age).toISOString()),
    fc.constantFrom(
      '2020-01-01T00:00:00',
      '2020-01-01 12:30',
      '2020-01-01',
      '2020-01-01T00:00:00+01',
      '9999-12-31T23:59:59.999999999-15:59',
    ),
  );
}

function text(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...NASTY),
    fc.string({ maxLength: 20, unit: 'binary' }),
    fc.string({ maxLength: 20 }),
  );
}

function bodyOf(
  answers: OpenApiAnswers,
  schema: JsonSchema | undefined,
  known: Known,
): fc.Arbitrary<string | undefined> {
  if (schema === undefined) return fc.constant(undefined);
  const { properties = {}, required = [] } = answers.resolve(schema);
  const fields = Object.entries(properties).map(([name, field]) =>
    fc
      .option(fieldOf(name, field, known), { nil: undefined, freq: required.includes(name) ? 40 : 2 })
      .map((value) => (value === undefined ? '' : `${JSON.stringify(name)}:${value}`)),
  );
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc.tuple(...fields).map((parts) => `{${parts.filter((part) => part !== '').join(',')}}`),
    },
    { weight: 1, arbitrary: fc.json() },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '{', '[]', 'null', '1', '"x"', '{"foo":1}', '{"__proto__":{"a":1}}'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('['.repeat(5000), '{"setup":'.repeat(5000), '{"setup":{"a":"\\u0000"}}'),
    },
  );
}

/** JSON texts. */
function fieldOf(name: string, field: JsonSchema, known: Known): fc.Arbitrary<string> {
  const values = known[name];
  const types = [field.type].flat();
  const right = types.includes('integer')
    ? fc.integer({ min: field.minimum ?? 0, max: Math.min(field.maximum ?? 100, 2 ** 31) }).map(String)
    : types.includes('object')
      ? fc.oneof(
          fc.object({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
          fc.constantFrom(
            '{"substrate":{"peerId":"QmKnown"}}',
            '{"a":1152921504606846976,"b":1.50}',
            '{"a":1e400}',
          ),
        )
      : fitting({ ...field, type: 'string' }).map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 20, arbitrary: right },
    ...(values === undefined || values.length === 0
      ? []
      : [
          {
            weight: 30,
            arbitrary: fc.constantFrom(
              ...values.map((value) => (types.includes('integer') ? value : JSON.stringify(value))),
            ),
          },
        ]),
    { weight: 1, arbitrary: fc.json({ maxDepth: 1 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'null',
        '1e400',
        '-0',
        '1.5',
        '99999999999999999999',
        '"\\ud800"',
        '"\\u0000"',
      ),
    },
  );
}

function queryText(pairs: readonly (readonly [string, string])[]): string {
  return pairs.length === 0
    ? ''
    : `?${pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}`;
}

/** As in a URL; what no URL can have becomes a replacement character. */
function encode(value: string): string {
  return encodeURIComponent(Buffer.from(value).toString());
}
