import { expect, it } from 'vitest';
import { snapshot } from '../../../test/support/batches.js';
import { KnownNodes } from './known-nodes.js';

it('returns the latest report of a node, and undefined for an unknown connection', () => {
  const nodes = new KnownNodes();
  const first = snapshot({ name: null, chain: null });
  nodes.learn([first]);
  nodes.learn([{ ...first, name: 'alice', chain: 'Polkadot' }]);
  expect(nodes.get(first.id)).toMatchObject({ name: 'alice', chain: 'Polkadot', path: first.path });
  expect(nodes.get(snapshot().id)).toBeUndefined();
});

it('returns the chain key of a node', () => {
  const nodes = new KnownNodes();
  const genesisHash = `0x${'1a'.repeat(32)}`;
  const [hashed, named] = [
    snapshot({ chain: 'Development', genesisHash }),
    snapshot({ chain: 'Development' }),
  ];
  const silent = snapshot();
  nodes.learn([hashed, named, silent]);
  expect([hashed, named, silent].map(({ id }) => nodes.get(id)?.chainKey)).toEqual([
    genesisHash,
    'name:Development',
    null,
  ]);
});

it('ignores an older snapshot', () => {
  const nodes = new KnownNodes();
  const first = snapshot({ revision: 1, name: null });
  nodes.learn([{ ...first, revision: 2, name: 'alice' }]);
  nodes.learn([first]);
  expect(nodes.get(first.id)?.name).toBe('alice');
});

it('evicts the least recently updated nodes beyond the maximum number', () => {
  const nodes = new KnownNodes(2);
  const [a, b, c] = [snapshot(), snapshot(), snapshot()];
  nodes.learn([a, b]);
  nodes.learn([a, c]);
  expect([a, b, c].map(({ id }) => nodes.get(id) !== undefined)).toEqual([true, false, true]);
});

it('evicts nodes beyond the maximum of text', () => {
  const nodes = new KnownNodes(1_000, 10_000);
  const long = Array.from({ length: 20 }, () => snapshot({ name: 'x'.repeat(1_000) }));
  for (const each of [...long, ...long]) nodes.learn([each]);
  const known = long.filter(({ id }) => nodes.get(id) !== undefined);
  expect(known.length).toBeGreaterThan(5);
  expect(known.length).toBeLessThan(10);
  expect(known).toEqual(long.slice(-known.length));
});
