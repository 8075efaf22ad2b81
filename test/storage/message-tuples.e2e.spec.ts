import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyRows } from '../../src/delivery/postgres/batch-statements.js';
import { runPipeline } from '../../src/delivery/postgres/pipeline.js';
import { RowBlockBuilder } from '../../src/telemetry/batch/row-block-builder.js';
import { parseFrame } from '../../src/telemetry/message/message.parser.js';
import { parseTimestamp } from '../../src/telemetry/message/timestamp.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';

interface Sent {
  createdAt: string;
  receivedAt: string;
  collector: number;
  count: number;
  type: number;
  logs: string;
}

const digits = (value: number, count: number): string => value.toString().padStart(count, '0');
const fractions = fc.oneof(
  fc.stringMatching(/^[0-9]{0,20}$/),
  // Near half a microsecond, where arithmetic decides.
  fc
    .tuple(
      fc.nat({ max: 999_999 }),
      fc.constantFrom('5', '49', '4999', '50', '500', '501'),
      fc.stringMatching(/^[09]{0,10}$/),
    )
    .map(([whole, half, rest]) => digits(whole, 6) + half + rest),
);
const offsets = fc
  .tuple(fc.constantFrom('+', '-'), fc.nat({ max: 15 }), fc.nat({ max: 59 }))
  .map(([sign, hours, minutes]) => `${sign}${digits(hours, 2)}:${digits(minutes, 2)}`);
const times = fc
  .tuple(
    fc.date({ min: new Date('1715-01-01'), max: new Date('2254-01-01'), noInvalidDate: true }),
    fractions,
    fc.oneof(fc.constant('Z'), offsets),
  )
  .map(([date, fraction, offset]) => {
    const second = date.toISOString().slice(0, 19);
    return `${second}${fraction === '' ? '' : `.${fraction}`}${offset}`;
  });
const jsonTexts = fc
  .json({ stringUnit: 'binary' })
  .filter((text) => parseFrame(Buffer.from(`{"a":${text}}`)).kind === 'message');
const messages: fc.Arbitrary<Sent> = fc.record({
  createdAt: times,
  receivedAt: times,
  collector: fc.nat({ max: 2 ** 21 - 1 }),
  count: fc.nat({ max: 2 ** 32 - 1 }),
  type: fc.nat({ max: 0x7fff }),
  logs: fc.oneof(
    jsonTexts.map((text) => `{"a":${text},"n":18446744073709551615,"x":1.50}`),
    fc.constant('{"a":1,"a":2, "größer":"🦀"}'),
  ),
});

function tuplesOf(sent: readonly Sent[]): Buffer {
  const builder = new RowBlockBuilder();
  for (const { createdAt, receivedAt, collector, count, type, logs } of sent) {
    builder.add(
      {
        createdAt: parseTimestamp(createdAt) ?? NaN,
        receivedAt: parseTimestamp(receivedAt) ?? NaN,
        connectionId: collector * 2 ** 32 + count,
        type,
      },
      logs,
      false,
    );
  }
  return builder.build().tuples;
}

describe('tuples of messages', () => {
  it('become exactly the values that PostgreSQL parses from text', { timeout: 120_000 }, async () => {
    await using database = await TestDatabase.create();
    await onDatabase(database.url, async (client) => {
      await client.query(`
        CREATE TEMP SEQUENCE order_of_rows;
        CREATE TEMP TABLE logs_expiring (
          n bigint DEFAULT nextval('order_of_rows'), created_at timestamptz, received_at timestamptz,
          collector integer, peer_connection_id bigint, type smallint, logs jsonb)`);
      await fc.assert(
        fc.asyncProperty(fc.array(messages, { minLength: 1, maxLength: 50, size: 'max' }), async (sent) => {
          await client.query("TRUNCATE logs_expiring; SELECT setval('order_of_rows', 1, false)");
          const [copied] = await runPipeline(client, [copyRows('logs_expiring', [tuplesOf(sent)])]);
          expect(copied).toBe(sent.length);
          const { rows } = await client.query(
            `SELECT sent.*, stored.created_at::text AS stored_at, stored.logs::text AS stored_logs
               FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::int[], $6::text[]) WITH ORDINALITY
                      AS sent (created_at, received_at, collector, count, type, logs, n)
               LEFT JOIN logs_expiring AS stored USING (n)
              WHERE (stored.created_at, stored.received_at, stored.collector, stored.peer_connection_id,
                     stored.type::int, stored.logs::text)
                    IS DISTINCT FROM
                    (sent.created_at::timestamptz, sent.received_at::timestamptz, sent.collector,
                     sent.collector * 4294967296 + sent.count, sent.type, sent.logs::jsonb::text)`,
            [
              sent.map(({ createdAt }) => createdAt),
              sent.map(({ receivedAt }) => receivedAt),
              sent.map(({ collector }) => collector),
              sent.map(({ count }) => count),
              sent.map(({ type }) => type),
              sent.map(({ logs }) => logs),
            ],
          );
          expect(rows).toEqual([]);
        }),
        { numRuns: 100 },
      );
    });
  });
});
