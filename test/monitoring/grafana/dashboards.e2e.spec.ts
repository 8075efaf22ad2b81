import { Logger } from '@nestjs/common';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureReaderRole, typeSql } from '../../../src/storage/index.js';
import { AdversarialNode } from './adversarial-node.js';
import { LogScans, planOf } from './log-scans.js';
import { type PanelQuery, panelQueries } from './panel-queries.js';
import { type QueryContext, intervalOf, substituted } from './substitute.js';
import { type SentMessage, SentHistory } from './sent-history.js';
import {
  grouped,
  highest,
  linesOf,
  lowest,
  mapValues,
  mean,
  median,
  newestByPoint,
  quantile,
  reputationsIn,
  rounded,
  type Row,
  sum,
} from './expected-series.js';
import { asUser, newName } from '../../storage/reader-role/role-server.js';

// What storage says of its work would drown what a test says.
Logger.overrideLogger(['fatal']);

const { from, to } = SentHistory;
const asked = panelQueries();
const nameOf = ({ dashboard, title }: PanelQuery): string => `${dashboard}: ${title}`;

describe('Grafana dashboards on PostgreSQL', () => {
  let history: SentHistory;
  /** As Grafana is set up: it may read, for 30 s at most. */
  const role = newName();
  let reader: pg.Client;
  /** A node for each dashboard, which sends what that is about. */
  let nodes: Record<string, string>;

  beforeAll(async () => {
    history = await SentHistory.fill();
    const { url } = history.database;
    await ensureReaderRole(url, { DB_READER_ROLE: role, DB_READER_PASSWORD: role });
    reader = new pg.Client({ connectionString: asUser(url, role, role) });
    await reader.connect();
    const sender = (type: string) => {
      const { peerId = '', key = '' } = history.sent.find(({ msg }) => msg === type) ?? {};
      return `${peerId} ${key}`;
    };
    nodes = {
      network: sender('system.interval'),
      profiling: sender('tracing.profiling'),
      reputation: sender('system.network_state'),
    };
  }, 180_000);

  afterAll(async () => {
    await reader.end();
    // Roles belong to all databases of a server.
    await history.database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await history[Symbol.asyncDispose]();
  });

  const sqlOf = (query: PanelQuery, chosen: QueryContext['variables'] = {}): string =>
    substituted(query.sql, {
      from,
      to,
      intervalMs: intervalOf(query.resolution, from, to),
      variables: {
        chain: query.dashboard === 'history' ? chainOfPast() : [...history.chains.keys()],
        nodes: '1000',
        reporters: '500',
        calls: '100000',
        node: nodes[query.dashboard] ?? '',
        target: [...new Set(history.sent.map(({ logs }) => logs.target).filter(isText))],
        ...chosen,
      },
    });

  /** The one with forks and a halt. Its dashboard has one chain only. */
  const chainOfPast = (): string =>
    [...history.chains].find(([key, label]) => label.startsWith('Simnet') && key.startsWith('0x'))?.[0] ?? '';

  async function rowsOf(name: string, chosen?: QueryContext['variables']): Promise<Row[]> {
    const query = asked.find((one) => nameOf(one) === name);
    if (query === undefined) throw new Error(`There is no ${name}.`);
    return (await reader.query<Row>(sqlOf(query, chosen))).rows;
  }

  const points = (name: string): number =>
    intervalOf(asked.find((one) => nameOf(one) === name)?.resolution ?? {}, from, to);
  const sentWith = (msg: string, field: string): SentMessage[] =>
    history.sent.filter((one) => one.msg === msg && field in one.logs);

  it.each(asked.map((query) => [nameOf(query), query] as const))(
    '%s returns rows in the format of its panel',
    async (_, query) => {
      const { rows, fields } = await reader.query<Row>(sqlOf(query));
      expect(rows.length).toBeGreaterThan(0);
      const columns = fields.map(({ name }) => name);
      expect(new Set(columns).size).toBe(columns.length);
      // A column without any value shows nothing.
      expect(columns.filter((column) => rows.every((row) => row[column] === null))).toEqual([]);
      if (query.format === 'time_series') {
        const times = rows.map(({ time }) => (time as Date).getTime());
        expect(times).toEqual([...times].sort((one, other) => one - other));
        const intervalMs = intervalOf(query.resolution, from, to);
        expect(times[0]).toBeGreaterThan(from.getTime() - intervalMs);
        expect(times.at(-1)).toBeLessThanOrEqual(to.getTime());
        expect(columns.includes('metric') ? columns : ['time']).toEqual(
          columns.includes('metric') ? ['time', 'metric', 'value'] : ['time'],
        );
        expect(new Set(rows.map(({ metric }) => metric)).size).toBeLessThanOrEqual(20);
      } else if (query.format === 'variable') {
        expect(['target', '__value,__text']).toContain(columns.join());
      } else if (query.format === 'annotation') {
        expect(columns).toEqual(['time', 'timeend', 'text']);
        for (const { time, timeend } of rows) expect(Number(timeend)).toBeGreaterThan(Number(time));
      }
    },
  );

  it.each(asked.map((query) => [nameOf(query), query] as const))(
    '%s reads messages by the index of connections, within the time range only',
    async (_, query) => {
      const scans = await LogScans.of(history.database);
      const { rows } = await reader.query<Row>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sqlOf(query)}`);
      expect(scans.problems(planOf(rows), from, to)).toEqual([]);
    },
  );

  it('detects a query that reads otherwise', async () => {
    const scans = await LogScans.of(history.database);
    // Three days, and a month of those for good.
    expect(scans.count).toBe(4);
    const problemsOf = async (sql: string): Promise<string[]> => {
      const query: PanelQuery = { dashboard: '', title: '', sql, format: 'table', resolution: {} };
      const { rows } = await reader.query<Row>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sqlOf(query)}`);
      return scans.problems(planOf(rows), from, to);
    };
    const within = 'SELECT count(*) FROM tetcore_logs WHERE $__timeFilter(created_at)';
    // By which way, is up to the planner.
    const all = await problemsOf(`${within} AND logs ? 'height'`);
    expect(all.map((problem) => problem.replace(/: .*/, '')).sort()).toEqual([
      'logs_audit_2021020100',
      'logs_expiring_2021021000',
    ]);
    expect(await problemsOf("SELECT count(*) FROM peer_connections WHERE chain <> ''")).toEqual([
      'peer_connections: Seq Scan',
    ]);
    // The whole of an index is no better.
    expect(await problemsOf(`${within} AND type = ${typeSql('block.import')}`)).toHaveLength(2);
    const ofConnection = `${within} AND peer_connection_id = (SELECT id FROM peer_connections ORDER BY id LIMIT 1)`;
    expect(await problemsOf(ofConnection)).toEqual([]);
    expect(await problemsOf(ofConnection.replace('$__timeFilter(created_at) AND', ''))).toEqual(
      expect.arrayContaining([expect.stringMatching(/: beyond the range of time$/)]),
    );
  });

  it('offers no name that contains a Grafana macro', async () => {
    const hostile = "SELECT FROM peer_connections WHERE strpos(concat(chain, peer_id), '$') > 0";
    expect(await history.database.query(hostile)).toHaveLength(2);
    for (const name of ['network: $chain', 'network: $node', 'history: $chain']) {
      const offered = (await rowsOf(name)).map((row) => String(Object.values(row)[0]));
      expect(offered.length).toBeGreaterThan(1);
      expect(offered.filter((value) => value.includes('$'))).toEqual([]);
    }
    await expect(rowsOf('network: Nodes', { chain: ['$hostile(1)'] })).rejects.toThrow('no macro hostile');
  });

  it('distinguishes chains of the same name, and nodes of the same peer id on them', async () => {
    const ofName = [...history.chains].filter(([, label]) => label.startsWith('Simnet'));
    expect(ofName).toHaveLength(2);
    const offered = new Map(
      (await rowsOf('network: $chain')).map(({ __value, __text }) => [__value, __text]),
    );
    const chosen = async (name: string, key: string) => await rowsOf(name, { chain: [key] });
    for (const [key, label] of ofName) {
      expect(offered.get(key)).toBe(label);
      expect(await chosen('network: Chains', key)).toMatchObject([
        { Chain: label, 'Genesis hash': key.startsWith('name:') ? null : key },
      ]);
      expect(new Set((await chosen('network: Best height', key)).map(({ metric }) => metric))).toEqual(
        new Set([label]),
      );
      const nodesOf = (await chosen('network: $node', key)).map(({ __value }) => String(__value));
      expect(nodesOf.length).toBeGreaterThan(1);
      expect(nodesOf.filter((value) => !value.endsWith(` ${key}`))).toEqual([]);
    }
    // The node of that peer id on another chain is another one, of which nothing is known.
    const [peerId = ''] = (nodes.network ?? '').split(' ');
    expect(await rowsOf('network: Heights of the node', { node: `${peerId} 0x${'0'.repeat(64)}` })).toEqual(
      [],
    );
  });

  it('runs as a role that cannot change anything', async () => {
    await expect(reader.query('DELETE FROM peer_connections')).rejects.toThrow('read-only transaction');
    await reader.query('BEGIN READ WRITE');
    await expect(reader.query('DELETE FROM peer_connections')).rejects.toThrow('permission denied');
    await reader.query('ROLLBACK');
  });

  it('shows the heights and peers that nodes reported at each point', async () => {
    for (const [title, field, how] of [
      ['Best height', 'height', median],
      ['Finalized height', 'finalized_height', median],
      ['Transactions in the pool', 'txcount', mean],
      ['Peers', 'peers', mean],
    ] as const) {
      const name = `network: ${title}`;
      const wanted = newestByPoint(sentWith('system.interval', field), points(name), ({ chain }) => chain);
      const ofSent = (sent: readonly SentMessage[]) => how(sent.map(({ logs }) => Number(logs[field])));
      expect(wanted.size).toBeGreaterThan(150);
      expect(mapValues(linesOf(await rowsOf(name)), rounded)).toEqual(
        mapValues(wanted, (sent) => rounded(ofSent(sent))),
      );
    }
  });

  it('shows the finality lag and the block time of each chain', async () => {
    const lags = (await rowsOf('network: Finality lag')).map(({ value }) => Number(value));
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...lags)).toBeLessThan(10);
    const times = await rowsOf('network: Block time');
    for (const [chain, slotSeconds] of [
      ['Simnet', 20],
      ["Let's Test", 60],
    ] as const) {
      const ofChain = times.filter(({ metric, value }) => String(metric).startsWith(chain) && value !== null);
      expect(ofChain.length).toBeGreaterThan(50);
      // One slot of twenty is without a block: the median of a minute is seldom longer than a slot.
      const all = mean(ofChain.map(({ value }) => Number(value)));
      expect(all).toBeGreaterThan(slotSeconds * 0.98);
      expect(all).toBeLessThan(slotSeconds * 1.15);
    }
  });

  it('counts connected nodes and their versions', async () => {
    const chains = await rowsOf('network: Chains');
    const [{ connected } = { connected: '' }] = await history.database.query<{ connected: string }>(
      `SELECT count(DISTINCT peer_id) AS connected FROM peer_connections
        WHERE created_at <= $1 AND (ended_at IS NULL OR ended_at > $1)`,
      [to],
    );
    expect(chains.map(({ Chain }) => Chain).sort()).toEqual([...history.chains.values()].sort());
    const counted = sum(chains.map(({ Nodes }) => Number(Nodes)));
    expect(counted).toBe(Number(connected));
    expect(counted).toBeGreaterThan(10);
    expect(await rowsOf('network: Nodes')).toMatchObject([{ nodes: connected }]);
    expect(sum((await rowsOf('network: Versions')).map(({ Nodes }) => Number(Nodes)))).toBe(counted);
    const lines = linesOf(await rowsOf('network: Connected nodes'));
    const last = [...history.chains.values()].map((chain) =>
      Number([...lines].filter(([key]) => key.endsWith(` ${chain}`)).at(-1)?.[1]),
    );
    expect(sum(last)).toBe(counted);
  });

  it('shows the heights at the end of the time range, and the nodes that are behind', async () => {
    const recent = sentWith('system.interval', 'height').filter(({ at }) => at > to.getTime() - 600_000);
    // The last one of each connection.
    const newest = [...new Map(recent.map((one) => [one.connection, one])).values()];
    const usual = new Map<unknown, number>();
    for (const row of await rowsOf('network: Chains')) {
      const ofChain = newest.filter(({ chain }) => chain === row.Chain).map(({ logs }) => logs);
      usual.set(row.Chain, median(ofChain.map(({ height }) => Number(height))));
      expect([row.Best, row.Finalized, row.Unfinalized].map(Number)).toEqual([
        usual.get(row.Chain),
        median(ofChain.map((logs) => Number(logs.finalized_height))),
        median(ofChain.map((logs) => Number(logs.height) - Number(logs.finalized_height))),
      ]);
    }
    const behind = await rowsOf('network: Furthest behind');
    expect(behind.length).toBeGreaterThan(10);
    for (const row of behind)
      expect(Number(row.Behind)).toBe((usual.get(row.Chain) ?? NaN) - Number(row.Best));
  });

  it('shows the same values of other nodes while one node of each chain sends false values', async () => {
    const lines = ['Peers', 'Bandwidth of a node', 'Transactions in the pool'].map(
      (name) => `network: ${name}`,
    );
    // What it says to have got is next to nothing, which is a number.
    const isOfOthers = ({ metric }: Row): boolean => !String(metric).endsWith(', down');
    const drawn = () =>
      Promise.all(lines.map(async (name) => linesOf((await rowsOf(name)).filter(isOfOthers))));
    const before = await drawn();
    const reporters = await rowsOf('reputation: By reporting node');
    await using adversary = await AdversarialNode.speak(history);
    expect(adversary.sent).toBeGreaterThan(500);
    for (const query of asked) {
      // Those of one node are about the liar then.
      const { rows } = await reader.query<Row>(
        sqlOf(query, { node: [...history.chains.keys()].map((key) => `${adversary.peerId} ${key}`) }),
      );
      if (query.dashboard === 'network') expect(rows.length, nameOf(query)).toBeGreaterThan(0);
    }
    expect(await drawn()).toEqual(before);
    expect(await rowsOf('reputation: By reporting node')).toEqual(reporters);

    const heights = (name: string) => sentWith('system.interval', name).map(({ logs }) => Number(logs[name]));
    const shown = async (name: string, column = 'value') =>
      (await rowsOf(name))
        .map((row) => row[column])
        .filter((value) => value !== null)
        .map(Number);
    const best = await shown('network: Best height');
    expect(highest(best)).toBeLessThanOrEqual(highest(heights('height')));
    expect(lowest(await shown('network: Finalized height'))).toBeGreaterThanOrEqual(
      lowest(heights('finalized_height')),
    );
    expect(highest(await shown('network: Finality lag'))).toBeLessThan(10);
    expect((await shown('network: Block time')).length).toBeGreaterThan(100);
    expect(highest(await shown('network: Chains', 'Unfinalized'))).toBeLessThan(10);
    expect(highest(await shown('network: Furthest behind', 'Behind'))).toBeLessThan(10);
  });

  it.each(asked.map((query) => [nameOf(query), query] as const))(
    '%s returns no error when variables have no values',
    async (_, query) => {
      const { fields } = await reader.query<Row>(sqlOf(query, { chain: [], target: [], node: [] }));
      expect(fields.length).toBeGreaterThan(0);
    },
  );

  it('takes no SQL for a choice', async () => {
    const attack = '1) AS drawn; SELECT pg_sleep(1); --';
    const numbers = ['nodes', 'reporters', 'calls'];
    for (const name of numbers) {
      const those = asked.filter(({ sql }) => sql.includes(`\${${name}`));
      expect(those.length).toBeGreaterThan(0);
      for (const query of those)
        await expect(reader.query(sqlOf(query, { [name]: attack }))).rejects.toThrow(
          'invalid input syntax for type integer',
        );
    }
    const raw: PanelQuery = {
      dashboard: '',
      title: '',
      sql: '${nodes:raw}',
      format: 'table',
      resolution: {},
    };
    expect(() => sqlOf(raw)).toThrow('has the format raw');
  });

  it('samples nodes in an order that nodes cannot predict', async () => {
    const drawn = async () => {
      const rows = await rowsOf('reputation: By reporting node', { reporters: '2' });
      return rows.map((row) => String(row['Peer id'])).join();
    };
    const usual = await drawn();
    expect(await drawn()).toBe(usual);
    const [{ id } = {}] = await history.database.query(
      'SELECT id FROM collectors ORDER BY started_at, id LIMIT 1',
    );
    const found = new Set([usual]);
    try {
      for (const other of ['a', 'b', 'c', 'd', 'e']) {
        await history.database.query(
          `UPDATE collectors SET id = md5($1)::uuid
            WHERE id = (SELECT id FROM collectors ORDER BY started_at, id LIMIT 1)`,
          [other],
        );
        found.add(await drawn());
      }
    } finally {
      await history.database.query(
        'UPDATE collectors SET id = $1 WHERE id = (SELECT id FROM collectors ORDER BY started_at, id LIMIT 1)',
        [id],
      );
    }
    expect(found.size).toBeGreaterThan(1);
    expect(await drawn()).toBe(usual);
  });

  it('samples no more nodes than chosen', async () => {
    const few = await rowsOf('network: Peers', { nodes: '1' });
    const oneNode = new Set(
      [
        ...newestByPoint(
          sentWith('system.interval', 'peers'),
          points('network: Peers'),
          ({ chain, peerId }) => `${chain} ${peerId}`,
        ),
      ].map(
        ([key, sent]) => `${key.split(' ')[0] ?? ''} ${mean(sent.map(({ logs }) => Number(logs.peers)))}`,
      ),
    );
    expect(few.length).toBeGreaterThan(100);
    expect(
      few.filter(({ time, value }) => !oneNode.has(`${(time as Date).getTime()} ${Number(value)}`)),
    ).toEqual([]);
  });

  it('shows the series of the chosen node', async () => {
    const name = 'network: Heights of the node';
    const ofNode = sentWith('system.interval', 'height').filter(
      ({ peerId, key }) => `${peerId} ${key}` === nodes.network,
    );
    const wanted = newestByPoint(ofNode, points(name), () => '');
    const rows = await rowsOf(name);
    expect(rows.map(({ time, best, finalized }) => [(time as Date).getTime(), best, finalized])).toEqual(
      [...wanted].map(([key, sent]) => [
        Number(key),
        highest(sent.map(({ logs }) => Number(logs.height))),
        highest(sent.map(({ logs }) => Number(logs.finalized_height))),
      ]),
    );
  });

  it('shows observation gaps and their causes', async () => {
    const minutes = (count: number) => new Date(from.getTime() + count * 60_000);
    expect(await rowsOf('network: Observation gaps')).toEqual([
      { From: minutes(110), To: null, Length: null, Cause: 'down', Server: 'host-2' },
      { From: minutes(60), To: minutes(60.5), Length: 30, Cause: 'paused', Server: 'host-1' },
      { From: minutes(-5), To: minutes(5), Length: 600, Cause: 'sockets_lost', Server: 'host-0' },
    ]);
  });

  it('reads the past of a chain from minutes, hours or days', async () => {
    const query = asked.find((one) => nameOf(one) === 'history: Blocks that are not final');
    for (const [table, length, count] of [
      ['insight_minutes', 60_000, 361],
      ['insight_hours', 3_600_000, 7],
      ['insight_days', 86_400_000, 1],
    ] as const) {
      const sql = sqlOf({ ...(query ?? failed()), resolution: { interval: `${length / 1_000}s` } });
      const { rows } = await reader.query<Row>(sql);
      expect([table, rows.length]).toEqual([table, count]);
      const begun = Math.floor(from.getTime() / length) * length;
      expect(rows.map(({ time }) => Number(time))).toEqual(rows.map((_, index) => begun + index * length));
      const { rows: plan } = await reader.query<Row>(`EXPLAIN (FORMAT JSON) ${sql}`);
      const read = JSON.stringify(plan).matchAll(/"Relation Name":"(\w+)"/g);
      expect(new Set([...read].map(([, name]) => name))).toEqual(new Set(['chains', table]));
    }
  });

  it('shows the nodes, versions and halts of the past of a chain', async () => {
    const ofChain = history.sent.filter(({ key }) => key === chainOfPast());
    const peers = new Set(ofChain.map(({ peerId }) => peerId));
    const nodesOf = (await rowsOf('history: Reporting nodes')).map(({ nodes: count }) => Number(count));
    expect(highest(nodesOf)).toBe(peers.size);
    expect(peers.size).toBeGreaterThan(5);
    expect(sum((await rowsOf('history: Versions on the last day')).map(({ Nodes }) => Number(Nodes)))).toBe(
      peers.size,
    );
    expect((await rowsOf('history: Least available nodes')).map((row) => row['Peer id']).sort()).toEqual(
      [...peers].sort(),
    );
    const halts = await rowsOf('history: Halts, and stalls of finality');
    const halt = halts.find(({ Kind }) => Kind === 'halt');
    // Slots are of twenty seconds.
    expect(Math.abs(Number(halt?.From) - (from.getTime() + 75 * 60_000))).toBeLessThan(60_000);
    expect(Number(halt?.Length)).toBeGreaterThan(280);
    expect(Number(halt?.Length)).toBeLessThan(380);
  });

  it('shades what servers did not see, with a minute after each gap', async () => {
    const minute = (time: unknown) => (Number(time) - from.getTime()) / 60_000;
    // The gap without an end lasts until another server starts.
    expect(
      (await rowsOf('history: @Not seen')).map(({ time, timeend }) => [minute(time), minute(timeend)]),
    ).toEqual([
      [-5, 6],
      [60, 61.5],
      [110, 121],
    ]);
    const known = await rowsOf('history: Known time');
    expect(mean(known.map(({ known: share }) => Number(share)))).toBeCloseTo(1 - (6 + 1.5 + 11) / 360, 4);
  });

  it('lists servers, but no imported database', async () => {
    const hosts = (await rowsOf('network: Servers')).map(({ Host }) => Host);
    expect(hosts).toEqual(['host-3', 'host-2', 'host-1', 'host-0']);
  });

  it('shows the durations of calls by target and name', async () => {
    const calls = sentWith('tracing.profiling', 'time').filter(
      ({ peerId, key }) => `${peerId} ${key}` === nodes.profiling,
    );
    const wanted = grouped(calls, ({ logs }) => `${String(logs.target)}::${String(logs.name)}`);
    const rows = await rowsOf('profiling: By target and name');
    expect(wanted.size).toBeGreaterThan(3);
    expect(rows.map(({ Target, Name }) => `${String(Target)}::${String(Name)}`).sort()).toEqual(
      [...wanted.keys()].sort(),
    );
    for (const row of rows) {
      const times = (wanted.get(`${String(row.Target)}::${String(row.Name)}`) ?? []).map(({ logs }) =>
        Number(logs.time),
      );
      expect(Number(row.Calls)).toBe(times.length);
      expect(Number(row.Mean)).toBeCloseTo(mean(times), 3);
      expect(Number(row.Maximum)).toBe(highest(times));
      expect(Number(row.p90)).toBeCloseTo(quantile(0.9, times), 3);
    }
    expect(await rowsOf('profiling: Sampled calls')).toEqual([{ calls: calls.length }]);
    expect(await rowsOf('profiling: Complete intervals')).toEqual([{ whole: 1 }]);
    const [target = ''] = [...wanted.keys()].map((key) => key.split('::')[0] ?? '');
    expect(
      new Set((await rowsOf('profiling: By target and name', { target: [target] })).map((row) => row.Target)),
    ).toEqual(new Set([target]));
  });

  it('shows when it has not read all calls', async () => {
    const few = { calls: '2' };
    const [{ whole } = {}] = await rowsOf('profiling: Complete intervals', few);
    expect(whole).toBeLessThan(0.5);
    const [{ calls } = {}] = await rowsOf('profiling: Sampled calls', few);
    // Two of each interval of 360 s in 6 h, of the connections of one node.
    expect(calls).toBeLessThanOrEqual(2 * 65);
  });

  it('shows the latest reputations that nodes reported', async () => {
    const newest = [...grouped(history.sent.filter(isState), ({ peerId }) => peerId).values()].map((sent) =>
      sent.reduce((last, one) => (one.at >= last.at ? one : last)),
    );
    const opinions = newest.flatMap((one) =>
      [...reputationsIn(one.logs)].map(([peer, reputation]) => ({ key: one.key, peer, reputation })),
    );
    const byPeer = grouped(opinions, ({ key, peer }) => `${key} ${peer}`);
    const worst = (each: readonly { reputation: number }[]) =>
      lowest(each.map(({ reputation }) => reputation));
    const rows = await rowsOf('reputation: Lowest reputations');
    expect(rows).toHaveLength(Math.min(50, byPeer.size));
    for (const row of rows) {
      const ofPeer = byPeer.get(`${keyIn(row)} ${String(row['Peer id'])}`) ?? [];
      expect([Number(row.Lowest), Number(row['Reported by'])]).toEqual([worst(ofPeer), ofPeer.length]);
    }
    expect(rows[0]?.Lowest).toBe(worst(opinions));
    expect(worst(opinions)).toBeLessThan(0);
    expect(await rowsOf('reputation: By reporting node')).toHaveLength(newest.length);
    expect(await rowsOf('reputation: By reporting node', { reporters: '2' })).toHaveLength(2);
  });
});

function failed(): never {
  throw new Error('There is no such panel.');
}
const isText = (value: unknown): value is string => typeof value === 'string';
const keyIn = ({ Chain, 'Genesis hash': hash }: Row): string =>
  isText(hash) ? hash : `name:${String(Chain)}`;
const isState = ({ msg }: SentMessage): boolean => msg === 'system.network_state';
