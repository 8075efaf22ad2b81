import { describe, expect, it } from 'vitest';
import type { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { sharedServer } from '../support/shared-server.js';
import { waitUntil } from '../support/wait-until.js';

const HASH_A = `0x${'a'.repeat(64)}`;
const HASH_B = `0x${'b'.repeat(64)}`;

interface Message {
  msg: string;
  logs: { number?: number };
}

const shared = sharedServer();

/** The messages of a peer by the API, on one chain or on any, sorted: type, and number where they have one. */
async function messagesOf(peerId: string, chain?: string): Promise<string[]> {
  const onChain = chain === undefined ? '' : `&chain=${chain}`;
  const answer = await shared().server.get(`/nodes/logs?peer_id=${peerId}&limit=1000${onChain}`);
  const messages = (await answer.json()) as Message[];
  return messages
    .map(({ msg, logs }) => (logs.number === undefined ? msg : `${msg} ${logs.number.toString()}`))
    .sort();
}

/** The connections of a socket, in the order in which they began. */
async function connectionsOf(database: TestDatabase, peers: readonly string[]): Promise<unknown[]> {
  return await database.query(
    `SELECT peer_id, name, genesis_hash, revision, end_reason, end_code FROM peer_connections
      WHERE socket_id IN (SELECT socket_id FROM peer_connections WHERE peer_id = ANY ($1)) ORDER BY id`,
    [peers],
  );
}

const ended = (database: TestDatabase, peers: readonly string[]): Promise<unknown[]> =>
  waitUntil(
    async () => {
      const rows = (await connectionsOf(database, peers)) as { end_reason: string | null }[];
      return rows.length > 0 && rows.every(({ end_reason }) => end_reason !== null) ? rows : undefined;
    },
    { what: 'the ends of all connections' },
  );

describe('a connection is one node', () => {
  it.each([
    ['flat', undefined],
    ['nested', 7],
  ])(
    'a greeting of another node begins another one, and no message changes its owner: %s',
    async (form, id) => {
      const { database } = shared();
      const [x, y] = [`QmX-${form}`, `QmY-${form}`];
      const node = await FakeNode.connect(shared().server.ws);
      const block = (number: number): Promise<void> => {
        const payload = { msg: 'block.import', number };
        return id === undefined ? node.sendV1(payload) : node.sendV2(id, payload);
      };
      await node.sendConnected({ network_id: x }, id);
      await block(1);
      await node.sendConnected({ network_id: y }, id);
      await block(2);
      await node.close();
      expect(await ended(database, [x])).toMatchObject([
        { peer_id: x, end_reason: 'identity_changed', end_code: null },
        { peer_id: y, end_reason: 'closed', end_code: 1000 },
      ]);
      expect(await messagesOf(x)).toEqual(['block.import 1', 'system.connected']);
      expect(await messagesOf(y)).toEqual(['block.import 2', 'system.connected']);
    },
  );

  it('is replaced with another chain, by genesis hash or name', async () => {
    const { database } = shared();
    const node = await FakeNode.connect(shared().server.ws);
    const greet = (chain: string, hash: string | null): Promise<void> =>
      node.sendConnected({ network_id: 'QmChains', chain, genesis_hash: hash }, 1);
    await greet('One', null);
    await greet('One', HASH_A);
    await greet('One renamed', HASH_A);
    await greet('One', HASH_B);
    await greet('Two', null);
    await node.close();
    expect(await ended(database, ['QmChains'])).toMatchObject([
      { genesis_hash: null, end_reason: 'identity_changed' },
      { genesis_hash: HASH_A, end_reason: 'identity_changed' },
      { genesis_hash: HASH_B, end_reason: 'identity_changed' },
      { genesis_hash: null, end_reason: 'closed' },
    ]);
    expect(await messagesOf('QmChains')).toHaveLength(5);
  });

  it('keeps messages before the genesis hash on the chain of the name', async () => {
    const { database } = shared();
    const node = await FakeNode.connect(shared().server.ws);
    const greet = (hash: string | null): Promise<void> =>
      node.sendConnected({ network_id: 'QmLate', chain: 'Late', genesis_hash: hash }, 1);
    await greet(null);
    await node.sendV2(1, { msg: 'block.import', number: 1 });
    await greet(HASH_A);
    await node.sendV2(1, { msg: 'block.import', number: 2 });
    await greet(null);
    await node.sendV2(1, { msg: 'block.import', number: 3 });
    await node.close();
    expect(await ended(database, ['QmLate'])).toMatchObject([
      { genesis_hash: null, end_reason: 'identity_changed' },
      { genesis_hash: HASH_A, end_reason: 'closed' },
    ]);
    expect(await messagesOf('QmLate', 'name:Late')).toEqual(['block.import 1', 'system.connected']);
    expect(await messagesOf('QmLate', HASH_A)).toEqual([
      'block.import 2',
      'block.import 3',
      'system.connected',
      'system.connected',
    ]);
  });

  it('writes its row once more for new fields only', async () => {
    const { database } = shared();
    const node = await FakeNode.connect(shared().server.ws);
    const revision = async (): Promise<unknown> =>
      (await connectionsOf(database, ['QmSame'])).map((row) => (row as { revision: number }).revision);
    const stored = (count: number): Promise<unknown> =>
      waitUntil(async () => (await messagesOf('QmSame')).length === count, {
        what: `${count.toString()} messages`,
      });
    // The first is the oldest, so that none after it makes the row news.
    await node.sendConnected({ network_id: 'QmSame', startup_time: '1' });
    await stored(1);
    const before = await revision();
    for (const count of [2, 3]) {
      await node.sendConnected({ network_id: 'QmSame', startup_time: '1' });
      await stored(count);
    }
    expect(await revision()).toEqual(before);
    await node.sendConnected({ network_id: 'QmSame', startup_time: '2', name: 'renamed' });
    await stored(4);
    const after = await revision();
    expect(after).not.toEqual(before);
    expect(await connectionsOf(database, ['QmSame'])).toMatchObject([{ name: 'renamed', end_reason: null }]);
    await node.close();
  });

  it('gets its peer id from a network state without being replaced', async () => {
    const { database } = shared();
    const node = await FakeNode.connect(shared().server.ws);
    const state = (peerId: string): Promise<void> =>
      node.sendV1({ msg: 'system.network_state', state: { peerId } });
    await node.sendConnected({ network_id: null });
    await state('QmState');
    await state('QmOther');
    await node.sendConnected({ network_id: 'QmState' });
    await node.close();
    expect(await ended(database, ['QmState'])).toMatchObject([{ peer_id: 'QmState', end_reason: 'closed' }]);
    expect(await messagesOf('QmState')).toHaveLength(4);
    expect(await messagesOf('QmOther')).toEqual([]);
  });
});
