import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_TEXT_LENGTH } from '../../src/telemetry/message/node-identity.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { waitUntil } from '../support/wait-until.js';

const MEGABYTE = 1024 * 1024;
const FORGED = '[tetcore-analytics] 1  - 2026-11-25T00:00:00.000Z   ERROR [Server] forged';

/** What a node may call itself. */
const NAMES: Record<string, string> = {
  'a forged line of a log': `node\r\n${FORGED}\n`,
  'every control character': Array.from({ length: 0x1f }, (_, at) => String.fromCharCode(at + 1)).join(''),
  'DEL and C1 controls': Array.from({ length: 0x21 }, (_, at) => String.fromCharCode(at + 0x7f)).join(''),
  'escapes of a terminal': '\u001b[2J\u001b[31mred\u001b]0;title\u0007\u009b31m\b\b\b',
  'bidi marks': '\u202egnp.\u2066evil\u2069\u200f\u061c\u202d',
  'marks that nobody sees': '\ufeff\u200b\u200d\u2060\u00ad\u2028\u2029\u0000'.replace('\0', ''),
  emoji: '👩‍👩‍👧‍👦🏳️‍🌈😀🇨🇭',
  'emoji at the place of the cut': `${'😀'.repeat(MAX_TEXT_LENGTH - 1)}👩‍👩‍👧‍👦`,
  'marks one upon the other': `Z${'\u0351'.repeat(2_000)}algo`,
  'a megabyte of letters': 'x'.repeat(MEGABYTE),
  'a megabyte of emoji': '😀'.repeat(MEGABYTE / 4),
  'a megabyte of escapes': '\u0001'.repeat(MEGABYTE / 8),
  markup: `<script>alert(1)</script><img src=x onerror="alert(1)">&lt;'"\`</td>`,
  'what other languages read': `'; DROP TABLE logs_audit; -- $1 %s %n {{7*7}} \${jndi:ldap://x} \\N \\. \\x00 ../..`,
  'what JSON and CSV read': '","peer_id":"forged"}\n{"a":"\r\n=cmd|\'/c calc\'!A1,"",\t',
  'names that objects have': '__proto__',
  'what is not assigned': '\uffff\ufffe\u{10ffff}\u{e0001}',
  nothing: '',
  space: ' \t\u00a0\u3000 ',
};
const cut = (text: string): string => Array.from(text).slice(0, MAX_TEXT_LENGTH).join('');

interface Listed {
  peer_id: string;
  name: string | null;
  chain: string | null;
  version: string | null;
}

describe('the name of a node', () => {
  let database: TestDatabase;
  let server: ServerProcess;
  let nodes: FakeNode[] = [];
  const peers = Object.entries(NAMES).map(([what, name], at) => ({
    what,
    name,
    peerId: `QmHostile${at.toString()}`,
  }));
  /** Peer ids that no node has. */
  const peerIds = Object.values(NAMES).filter((name) => name !== '' && name.length <= 128);

  beforeAll(async () => {
    database = await TestDatabase.create();
    server = await ServerProcess.ready(await freePort(), {
      DATABASE_URL: database.url,
      WS_MAX_PAYLOAD: (8 * MEGABYTE).toString(),
      JOURNAL_MODE: 'off',
      LOG_LEVEL: 'trace',
    });
    nodes = await Promise.all(
      [
        ...peers.map(({ name, peerId }, at) => ({ name, peerId, id: at % 2 === 0 ? undefined : at })),
        ...peerIds.map((peerId) => ({ name: 'one', peerId, id: undefined })),
      ].map(async ({ name, peerId, id }) => {
        const node = await FakeNode.connect(server.ws);
        const said = { name, version: name, implementation: name, chain: name, config: name };
        await node.sendConnected(
          // A chain of each name.
          { ...said, genesis_hash: null, network_id: peerId, target_os: name, sysinfo: { cpu: name } },
          id,
        );
        await node.sendV1({ msg: name === '' ? 'empty' : name, best: name, [name]: name });
        return node;
      }),
    );
    await waitUntil(
      async () => {
        const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM tetcore_logs');
        return row?.n === 2 * nodes.length;
      },
      { what: 'all messages to be stored', timeoutMs: 20_000 },
    );
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  async function json<T>(path: string): Promise<T> {
    const answer = await fetch(server.http + path);
    const text = await answer.text();
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    return JSON.parse(text) as T;
  }

  it('is stored whole in its message', async () => {
    for (const { what, name, peerId } of peers) {
      const rows = await database.query<{ same: boolean }>(
        `SELECT logs->>'name' = $2 AND logs->>'version' = $2 AND logs->'sysinfo'->>'cpu' = $2 AS same
           FROM tetcore_logs WHERE logs->>'network_id' = $1`,
        [peerId, name],
      );
      expect([what, rows]).toEqual([what, [{ same: true }]]);
    }
  });

  it('is truncated between characters where a column has a limit', async () => {
    const columns = ['name', 'version', 'implementation', 'chain', 'config', 'target_os'];
    for (const { what, name, peerId } of peers) {
      const rows = await database.query(
        `SELECT ${columns.join(', ')} FROM peer_connections WHERE peer_id = $1`,
        [peerId],
      );
      expect([what, rows]).toEqual([
        what,
        [Object.fromEntries(columns.map((column) => [column, cut(name)]))],
      ]);
    }
  });

  it('is returned unchanged by /nodes, for a peer and as a filter', async () => {
    const listed = new Map((await json<Listed[]>('/nodes')).map((node) => [node.peer_id, node]));
    for (const { what, name, peerId } of peers) {
      expect([what, listed.get(peerId)]).toMatchObject([
        what,
        { name: cut(name), chain: cut(name), version: cut(name) },
      ]);
      expect([what, await json(`/nodes/${peerId}`)]).toMatchObject([what, { name: cut(name) }]);
    }
    for (const peerId of peerIds) {
      expect(listed.has(peerId)).toBe(true);
      expect(await json(`/nodes/${encodeURIComponent(peerId)}`)).toMatchObject({ peer_id: peerId });
      expect((await json<Listed[]>(`/nodes?name=${encodeURIComponent(peerId)}`)).length).toBeGreaterThan(0);
    }
  });

  it('is returned unchanged by /network, and truncated there too', async () => {
    const chains = new Set((await json<{ name: string }[]>('/network')).map(({ name }) => name));
    for (const { what, name, peerId } of peers.filter((peer) => peer.name !== '')) {
      expect([what, chains.has(cut(name))]).toEqual([what, true]);
      const network = await json<{ nodes: Listed[] }>(`/network/${encodeURIComponent(cut(name))}`);
      const shown = Array.from(name).slice(0, 256).join('');
      expect([what, network.nodes.find((node) => node.peer_id === peerId)]).toMatchObject([
        what,
        { name: shown, version: shown },
      ]);
    }
  });

  it('is one line of NDJSON and one record of CSV', async () => {
    for (const { what, peerId } of peers) {
      const ndjson = await (await fetch(`${server.http}/nodes/logs?peer_id=${peerId}&format=ndjson`)).text();
      const lines = ndjson.split('\n').slice(0, -1);
      expect([what, lines.length]).toEqual([what, ndjson.split(/\r\n|[\n\r]/).length - 1]);
      for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
      const csv = await (await fetch(`${server.http}/nodes/logs?peer_id=${peerId}&format=csv`)).text();
      const [columns, ...records] = parse(csv, { relax_column_count: false });
      expect([what, records.length, columns?.length]).toEqual([what, lines.length, records[0]?.length]);
    }
  });

  it('is in no line of the log, also from requests', async () => {
    for (const name of Object.values(NAMES)) {
      const said = encodeURIComponent(name.slice(0, 1_000));
      for (const path of [
        `/${said}`,
        `/nodes?${said}=${said}`,
        `/nodes/${said}`,
        `/network/${said}`,
        `/nodes?limit=${said}`,
      ]) {
        expect((await fetch(server.http + path)).status).toBeLessThan(500);
      }
      await FakeNode.connect(`${server.ws}/${said}`).catch(() => undefined);
    }
    expect((await fetch(`${server.http}/health/ready`)).status).toBe(200);
    for (const node of nodes) await node.close();
    expect(await server.end('SIGTERM')).toBe(0);
    const lines = server.log.split('\n').slice(0, -1);
    expect(lines.filter((line) => !line.startsWith('[tetcore-analytics] '))).toEqual([]);
    // eslint-disable-next-line no-control-regex
    expect(lines.filter((line) => /[\0-\x1f\x7f-\x9f]|forged|\u202e|script/.test(line))).toEqual([]);
    expect(lines.filter((line) => / (ERROR|WARN) /.test(line))).toEqual([]);
  });
});
