import { FakeNode, startTestServer, storedMessage, waitUntil } from 'tetcore-analytics/testing';
import { describe, expect, it } from 'vitest';
import { forkWatch } from '../src/fork-watch.js';
import { reportedBlock } from '../src/reported-block.js';

const hash = (byte: string): string => `0x${byte.repeat(32)}`;
const GENESIS_HASH = hash('91');
const HOUR_MS = 3_600_000;

describe('reportedBlock', () => {
  const node = { chain: 'Polkadot', genesisHash: GENESIS_HASH, peerId: '12D3KooA' };

  it('reads a block of a known chain', () => {
    const message = storedMessage({
      msg: 'notify.finalized',
      payload: { best: hash('aa'), height: '4' },
      node,
    });
    expect(reportedBlock(message)).toEqual({
      chainKey: GENESIS_HASH,
      chain: 'Polkadot',
      kind: 'finalized',
      height: 4,
      hash: hash('aa'),
      peerId: '12D3KooA',
    });
  });

  it.each([
    ['an unknown node', { msg: 'block.import', payload: { best: hash('aa'), height: 4 }, node: null }],
    ['another type', { msg: 'system.interval', payload: { best: hash('aa'), height: 4 }, node }],
    ['a wrong hash', { msg: 'block.import', payload: { best: '0x', height: 4 }, node }],
    ['a wrong height', { msg: 'block.import', payload: { best: hash('aa'), height: -1 }, node }],
  ])('ignores %s', (_name, options) => expect(reportedBlock(storedMessage(options))).toBeUndefined());
});

describe('the server with fork-watch', () => {
  it(
    'lists a fork that two nodes report, and deletes its blocks after a day',
    { timeout: 60_000 },
    async () => {
      await using server = await startTestServer({ extensions: forkWatch });
      for (const byte of ['aa', 'bb']) {
        const node = await FakeNode.connect(server.ws);
        await node.sendConnected({
          chain: 'Polkadot',
          genesis_hash: GENESIS_HASH,
          network_id: `12D3Koo${byte}`,
        });
        await node.sendV1({ msg: 'block.import', best: hash(byte), height: 4, origin: 'Own' });
      }
      const forks = await waitUntil(
        async () => {
          const found = (await (await server.get('/forks')).json()) as unknown[];
          return found.length > 0 && found;
        },
        { what: 'the fork', timeoutMs: 20_000 },
      );
      expect(forks).toMatchObject([{ chain_key: GENESIS_HASH, height: 4 }]);
      const metric = await server.metric('fork_watch_forks_total');
      expect(metric.get('kind="best"')).toBe(1);

      expect((await server.purge()).rows).toMatchObject({ fork_watch_blocks: 0 });
      const tomorrow = new Date(Date.now() + 25 * HOUR_MS);
      expect((await server.purge(tomorrow)).rows).toMatchObject({ fork_watch_blocks: 2 });
      expect(await server.query('SELECT FROM fork_watch_forks')).toHaveLength(1);
    },
  );
});
