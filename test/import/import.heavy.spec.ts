import { describe, expect, it } from 'vitest';
import { agrees } from '../../src/import/index.js';
import { reportText } from '../../src/import/import-output.js';
import { typeNumber } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { fillOldDatabase, oldDatabase } from '../support/old-database.js';
import { newMessages, oldMessages, bringOver } from './importing.js';
import { kusamaMessages } from '../support/real-messages.js';
import { TestServer } from '../support/test-server.js';

const DESCRIBED =
  'ip_addr, peer_id, audit, name, chain, version, authority, startup_time::text AS startup_time, implementation';

describe('a database of 0.1.4', { timeout: 60_000 }, () => {
  it('is imported completely, and can be queried', async () => {
    await using old = await oldDatabase({ logs: 'tetcore_logs' });
    await using database = TestDatabase.missing();
    const history = { connections: 120, messages: 6_000, from: '2020-11-20 12:00:00.000001', days: 60 };
    await fillOldDatabase(old.url, { logs: 'tetcore_logs', ...history });
    const state = kusamaMessages().find(({ msg }) => msg === 'system.network_state');
    await old.query(
      `INSERT INTO tetcore_logs (created_at, logs, peer_connection_id) VALUES ('2020-12-24 18:00:00.5', $1, 7)`,
      [JSON.stringify(state)],
    );
    await old.query("INSERT INTO host_systems VALUES (7, 'a computer', 'Linux', 8, 3200, 32000, 'NVMe')");
    await old.query(
      `INSERT INTO benchmarks VALUES (9, '{"substrate": {"peerId": "Qm4"}, "big": 12345678901234567890.50}',
                                      '2020-12-01 00:00:00.25')`,
    );
    await old.query("INSERT INTO benchmark_events VALUES (3, 9, 'import', 'start', '2020-12-01 00:00:01')");

    const report = await bringOver(old, database);

    expect(report.tables).toEqual([
      { table: 'tetcore_logs', sourceRows: 6_001, imported: 6_001, skipped: {}, newer: 0 },
      { table: 'peer_connections', sourceRows: 120, imported: 120, skipped: {}, newer: 0 },
      { table: 'host_systems', sourceRows: 1, imported: 1, skipped: {}, newer: 0 },
      { table: 'benchmarks', sourceRows: 1, imported: 1, skipped: {}, newer: 0 },
      { table: 'benchmark_events', sourceRows: 1, imported: 1, skipped: {}, newer: 0 },
    ]);
    expect(agrees(report)).toBe(true);
    expect(await newMessages(database)).toEqual(await oldMessages(old, 'tetcore_logs'));
    const described = `SELECT ${DESCRIBED} FROM peer_connections ORDER BY ip_addr`;
    expect(await database.query(described)).toEqual(await old.query(described));
    expect(
      await database.query(
        `SELECT FROM peer_connections AS c
          WHERE id >> 32 <> collector OR ip_addr <> '10.0.' || ((id & 4294967295) - 1) / 250 || '.' || ((id & 4294967295) - 1) % 250
             OR ended_at IS NULL OR end_reason <> 'imported' OR types IS NOT NULL OR EXISTS
                (SELECT FROM tetcore_logs WHERE peer_connection_id = c.id
                    AND (collector <> c.collector OR created_at < oldest_created_at OR created_at > newest_created_at
                      OR created_at > ended_at OR stored_at > created_at OR received_at <> created_at))`,
      ),
    ).toEqual([]);
    const types = await database.query<{ type: number; msg: string | null }>(
      'SELECT DISTINCT type, msg FROM tetcore_logs',
    );
    expect(types.length).toBeGreaterThan(5);
    expect(types).toEqual(types.map(({ msg }) => ({ type: typeNumber(msg), msg })));

    await using server = await TestServer.ready(database.url);
    const get = async (path: string): Promise<unknown> => (await server.get(path)).json();
    const nodes = (await get('/nodes')) as { peer_id: string; connected: boolean; name: string }[];
    expect(nodes).toHaveLength(
      new Set(
        (await old.query<{ peer_id: string | null }>('SELECT peer_id FROM peer_connections'))
          .map(({ peer_id }) => peer_id)
          .filter((id) => id !== null),
      ).size,
    );
    expect(nodes.filter(({ connected }) => connected)).toEqual([]);
    const logs = (await get('/nodes/logs?peer_id=Qm0&limit=10000')) as { ip_addr: string; logs: object }[];
    const [{ count } = { count: 0 }] = await old.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM tetcore_logs
        WHERE peer_connection_id IN (SELECT id FROM peer_connections WHERE peer_id = 'Qm0')`,
    );
    expect(count).toBe(100);
    expect(logs).toHaveLength(count);
    const reported = Object.keys((state as { state: { peerset: { nodes: object } } }).state.peerset.nodes)[0];
    expect(await get(`/reputation/${String(reported)}?start_time=2020-12-24T00:00:00`)).toMatchObject([
      { reporting_peer: 'Qm4', ts: '2020-12-24T18:00:00.500000Z' },
    ]);
    expect(await get('/host_systems')).toMatchObject([{ id: 7, description: 'a computer', cpu_clock: 3200 }]);
    expect(await (await server.get('/benchmarks')).text()).toContain('12345678901234567890.50');
    expect(await get('/benchmarks/9/events')).toEqual([
      { id: 3, benchmark_id: 9, name: 'import', phase: 'start', created_at: '2020-12-01T00:00:01.000000Z' },
    ]);
  });

  it('is imported from tables of earlier versions', async () => {
    await using old = await oldDatabase({ version: '2019', noted: false });
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { connections: 20, messages: 500, from: '2019-08-30', days: 5 });
    await old.query("INSERT INTO host_systems VALUES (1, 'theirs', 'Linux', 8, 3200, 32000, 'NVMe')");
    await old.query(
      `INSERT INTO benchmarks (description, chain_spec, benchmark_spec, host_system_id, ts_start, ts_end)
       VALUES ('long', '{"n": 1e2}', '{"tdb": "tbd"}', 1, '2019-08-30 10:00', '2019-08-30 11:00'),
              (NULL, NULL, NULL, 1, '2019-08-30 10:00', '2019-08-30 10:00')`,
    );
    await database.query("INSERT INTO host_systems (description) VALUES ('ours')");

    const report = await bringOver(old, database);

    expect(agrees(report)).toBe(true);
    expect(await newMessages(database)).toEqual(await oldMessages(old, 'substrate_logs'));
    expect(await database.query('SELECT id, description FROM host_systems ORDER BY id')).toEqual([
      { id: '1', description: 'ours' },
      { id: '2', description: 'theirs' },
    ]);
    expect(
      await database.query(
        `SELECT id, description, host_system_id, benchmark_spec, chain_spec::text, ts_end, created_at
           FROM benchmarks ORDER BY id`,
      ),
    ).toEqual([
      {
        id: '1',
        description: 'long',
        host_system_id: '2',
        benchmark_spec: { tdb: 'tbd' },
        chain_spec: '{"n": 100}',
        ts_end: new Date('2019-08-30T11:00:00Z'),
        created_at: new Date('2019-08-30T10:00:00Z'),
      },
      {
        id: '2',
        description: '',
        host_system_id: '2',
        benchmark_spec: {},
        chain_spec: null,
        ts_end: null,
        created_at: new Date('2019-08-30T10:00:00Z'),
      },
    ]);
    await database.query("INSERT INTO benchmarks (setup) VALUES ('{}')");
    expect((await database.query('SELECT max(id)::int AS id FROM benchmarks'))[0]).toEqual({ id: 3 });
  });

  it('is imported without expired rows, which are counted as skipped', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await old.query('ALTER TABLE substrate_logs DROP CONSTRAINT substrate_logs_peer_connection_id_fkey');
    await old.query('ALTER TABLE substrate_logs ALTER peer_connection_id DROP NOT NULL');
    await old.query(
      `INSERT INTO peer_connections (id, ip_addr, audit, created_at) VALUES
         (1, 'expired', false, now() - interval '9 days'), (2, 'long', false, now() - interval '9 days'),
         (3, 'audit', true, now() - interval '9 days'), (4, 'silent', false, now())`,
    );
    await old.query(
      `INSERT INTO substrate_logs (created_at, logs, peer_connection_id) VALUES
         (now() - interval '9 days', '{"msg": "a"}', 1),
         (now() - interval '9 days', '{"msg": "b"}', 2),
         (now() - interval '9 hours', '{"msg": "c"}', 2),
         (now() - interval '9 days', '{"msg": "d"}', 3),
         (now(), '{"msg": "e"}', NULL),
         (now(), '{"msg": "f"}', 77),
         (now(), '[1]', 2), (now(), '"text"', 2), (now(), 'null', 2),
         ('infinity', '{"msg": "g"}', 2), ('1969-12-31', '{"msg": "h"}', 3), ('-infinity', '{"msg": "i"}', 2),
         (now(), '{"msg": 5}', 2), (now(), '{}', 2), (now() + interval '23 hours', '{"msg": "j"}', 2),
         (now() + interval '25 hours', '{"msg": "k"}', 2)`,
    );

    const report = await bringOver(old, database, { environment: { LOG_EXPIRY_H: '48' } });

    const logs = report.tables.find(({ table }) => table === 'substrate_logs');
    expect(logs).toEqual({
      table: 'substrate_logs',
      sourceRows: 16,
      imported: 5,
      skipped: { expired: 2, no_connection: 2, not_an_object: 3, out_of_range: 4 },
      newer: 0,
    });
    expect(agrees(report)).toBe(true);
    expect(
      await database.query(
        `SELECT logs::text AS logs, type, msg, ip_addr, stored_at < now() - interval '50 minutes' AS "isOld"
           FROM tetcore_logs AS l JOIN peer_connections AS c ON c.id = peer_connection_id ORDER BY l.id`,
      ),
    ).toEqual([
      { logs: '{"msg": "c"}', type: 1, msg: 'c', ip_addr: 'long', isOld: true },
      { logs: '{"msg": 5}', type: 0, msg: null, ip_addr: 'long', isOld: true },
      { logs: '{}', type: 0, msg: null, ip_addr: 'long', isOld: true },
      { logs: '{"msg": "j"}', type: 1, msg: 'j', ip_addr: 'long', isOld: true },
      { logs: '{"msg": "d"}', type: 1, msg: 'd', ip_addr: 'audit', isOld: true },
    ]);
    const known = await database.query(
      'SELECT ip_addr, ended_at > now() AS later FROM peer_connections ORDER BY ip_addr',
    );
    expect(known).toEqual([
      { ip_addr: 'audit', later: false },
      { ip_addr: 'long', later: false },
      { ip_addr: 'silent', later: false },
    ]);
    // A clock that is wrong makes a partition of its own, and none for the time between.
    const partitions = await database.query(
      "SELECT FROM pg_inherits WHERE inhparent = 'logs_expiring'::regclass",
    );
    expect(partitions.length).toBeLessThan(5);
  });

  it('is imported without loss; rejected rows are found and counted', async () => {
    await using old = await oldDatabase({ encoding: 'SQL_ASCII' });
    await using database = await TestDatabase.create();
    const odd = [
      `{"msg": "x", "n": ${'9'.repeat(400)}.${'1'.repeat(400)}, "tiny": 1e-300, "zero": -0.0}`,
      String.raw`{"msg": "tab\t, line\n, back\\slash, \\N, quote \", \u0001", "\\.": "\\."}`,
      `{"msg": "Ünïcödé 🦀", "key 🦀": ["\u2028", {"deep": [[[[[[]]]]]]}]}`,
      `{"msg": "${'long '.repeat(2_000)}"}`,
      `{"id": 1, "ts": "2020-01-01T00:00:00Z", "payload": {"msg": "nested"}}`,
      `{"msg": "big", "text": "${'z'.repeat(3_000_000)}"}`,
    ];
    await old.query("INSERT INTO peer_connections (id, ip_addr) VALUES (1, '1.1.1.1'), (2, '2.2.2.2')");
    for (const logs of odd) {
      await old.query(
        "INSERT INTO substrate_logs (created_at, logs, peer_connection_id) VALUES ('2020-02-02', $1, 1)",
        [logs],
      );
    }
    await old.query(
      `INSERT INTO substrate_logs (created_at, logs, peer_connection_id)
       SELECT '2020-02-03', CASE WHEN n IN (7, 31)
                THEN jsonb_build_object('msg', 'broken', 'text', convert_from('\\xff', 'SQL_ASCII'))
                ELSE jsonb_build_object('msg', 'good', 'n', n) END, 2 FROM generate_series(1, 40) AS n`,
    );

    const report = await bringOver(old, database);

    expect(report.tables[0]).toMatchObject({ sourceRows: 46, imported: 44, skipped: { refused: 2 } });
    expect(agrees(report)).toBe(true);
    const stored = await database.query<{ logs: string; msg: string | null }>(
      "SELECT left(logs::text, 900) || md5(logs::text) AS logs, msg FROM tetcore_logs WHERE created_at < '2020-02-03' ORDER BY id",
    );
    const given = await database.query<{ logs: string }>(
      'SELECT left(logs::text, 900) || md5(logs::text) AS logs FROM unnest($1::jsonb[]) AS logs',
      [odd],
    );
    expect(stored.map(({ logs }) => logs)).toEqual(given.map(({ logs }) => logs));
    expect(stored.map(({ msg }) => msg?.length ?? null)).toEqual([1, 39, 10, 10_000, null, 3]);
    const good = await database.query("SELECT (logs->>'n')::int AS n FROM tetcore_logs WHERE msg = 'good'");
    expect(good).toHaveLength(38);
  });

  it('has the genesis hashes of --genesis, also in a later run', async () => {
    await using old = await oldDatabase({ logs: 'tetcore_logs' });
    await using database = TestDatabase.missing();
    const insert = (id: number, chain: string | null): Promise<unknown> =>
      old.query(
        "INSERT INTO peer_connections (id, ip_addr, peer_id, chain) VALUES ($1, '10.0.0.1', $2, $3)",
        [id, `Qm${id.toString()}`, chain],
      );
    await insert(1, 'Kusama');
    await insert(2, 'Westend');
    await insert(3, null);
    await old.query(`INSERT INTO tetcore_logs (logs, peer_connection_id) VALUES ('{"msg": "a"}', 1)`);
    const hash = `0x${'b0'.repeat(32)}`;
    const genesis = new Map([
      ['Kusama', hash],
      ["It's no chain", hash],
    ]);
    const report = await bringOver(old, database, { genesis });
    expect(report.unknownChains).toEqual(["It's no chain"]);
    expect(agrees(report)).toBe(true);
    expect(reportText(report)).toContain("the source has no connection on a chain named It's no chain.");
    const hashes = (): Promise<object[]> =>
      database.query('SELECT peer_id, genesis_hash FROM peer_connections ORDER BY peer_id');
    expect(await hashes()).toEqual([
      { peer_id: 'Qm1', genesis_hash: hash },
      { peer_id: 'Qm2', genesis_hash: null },
      { peer_id: 'Qm3', genesis_hash: null },
    ]);
    await insert(4, 'Kusama');
    await old.query(`INSERT INTO tetcore_logs (logs, peer_connection_id) VALUES ('{"msg": "b"}', 1)`);
    // Without it what came before keeps its hash.
    expect((await bringOver(old, database)).unknownChains).toEqual([]);
    expect((await hashes()).slice(0, 1)).toEqual([{ peer_id: 'Qm1', genesis_hash: hash }]);
    expect((await hashes())[3]).toEqual({ peer_id: 'Qm4', genesis_hash: null });
  });
});
