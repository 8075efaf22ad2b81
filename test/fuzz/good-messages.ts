import { Random } from '../../src/simulator/random/random.js';
import { onDatabase } from '../support/on-database.js';

export const GOOD = 'test.numbered';

/** A message that must be stored. */
export interface GoodMessage {
  text: string;
  /** What must be stored of it, once. */
  logs: string;
}

const AT_ONCE = 2_000;

/** A message with a number of its own, in either envelope, with everything in it that could be changed on the way. */
export function goodMessage(number: number, seed: number, nested: boolean): GoodMessage {
  const random = new Random('good', seed, number);
  const ts = new Date().toISOString();
  const members = [
    `"msg":"${GOOD}"`,
    `"number":${number.toString()}`,
    `"span":${random.bits64().toString()}`,
    `"share":${random.fraction().toFixed(random.between(1, 20))}0`,
    `"text":"${random.pick(['plain', 'a\\tb\\nc\\\\N', '\\u001b[31m', 'é😀\u202e', '\\ud83d\\ude00', '\\u0001\\\\u0000'])}"`,
    `"more":${random.pick(['null', '[]', '{"a":[1,{"b":"c"}]}', '1.50', '1e30', '-0.000', '"\\\\."'])}`,
  ];
  if (random.chance(0.02)) members.push(`"filler":"${'x'.repeat(random.between(1_000, 40_000))}"`);
  if (!nested) {
    const text = `{${members.join(',')},"ts":"${ts}","level":"INFO"}`;
    return { text, logs: text };
  }
  const payload = members.join(',');
  const text = random.chance(0.5)
    ? `{"id":1,"ts":"${ts}","payload":{${payload}}}`
    : `{"id":1,"payload":{${payload}},"ts":"${ts}"}`;
  return { text, logs: `{${payload},"ts":"${ts}"}` };
}

/** Numbers of messages that are not stored once and as they were, with what is wrong. */
export async function wrongAmong(
  expected: ReadonlyMap<number, string>,
  databaseUrl: string,
): Promise<string[]> {
  return await onDatabase(databaseUrl, async (client) => {
    const wrong: string[] = [];
    const all = [...expected];
    for (let start = 0; start < all.length; start += AT_ONCE) {
      const part = all.slice(start, start + AT_ONCE);
      const { rows } = await client.query<{ number: number; times: number; same: boolean | null }>(
        `SELECT sent.number, count(stored.logs)::int AS times, bool_and(stored.logs::text = sent.logs::jsonb::text) AS same
           FROM unnest($1::int[], $2::text[]) AS sent (number, logs)
           LEFT JOIN tetcore_logs AS stored ON stored.msg = '${GOOD}' AND stored.logs->'number' = to_jsonb(sent.number)
          GROUP BY sent.number HAVING count(stored.logs) <> 1 OR NOT bool_and(stored.logs::text = sent.logs::jsonb::text)`,
        [part.map(([number]) => number), part.map(([, logs]) => logs)],
      );
      wrong.push(
        ...rows.map(
          ({ number, times, same }) =>
            `${number.toString()}: ${times.toString()} times, ${same === false ? 'changed' : 'as it was'}`,
        ),
      );
    }
    return wrong;
  });
}
