import { expect, it } from 'vitest';
import { snapshot } from '../../../test/support/batches.js';
import { KnownNodes } from './known-nodes.js';

it('knows what a node said last, and nothing of those who said nothing', () => {
  const nodes = new KnownNodes();
  const first = snapshot({ name: null, chain: null });
  nodes.learn([first]);
  nodes.learn([{ ...first, name: 'alice', chain: 'Polkadot' }]);
  expect(nodes.get(first.id)).toMatchObject({ name: 'alice', chain: 'Polkadot', path: first.path });
  expect(nodes.get(snapshot().id)).toBeUndefined();
});

it('knows what identifies the chain of a node, whatever its name', () => {
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

it('does not go back to what was said before', () => {
  const nodes = new KnownNodes();
  const first = snapshot({ revision: 1, name: null });
  nodes.learn([{ ...first, revision: 2, name: 'alice' }]);
  nodes.learn([first]);
  expect(nodes.get(first.id)?.name).toBe('alice');
});

it('forgets those first of whom there was no news for longest, beyond a number', () => {
  const nodes = new KnownNodes(2);
  const [a, b, c] = [snapshot(), snapshot(), snapshot()];
  nodes.learn([a, b]);
  nodes.learn([a, c]);
  expect([a, b, c].map(({ id }) => nodes.get(id) !== undefined)).toEqual([true, false, true]);
});

it('forgets them beyond an amount of text too, since names may be of any length', () => {
  const nodes = new KnownNodes(1_000, 10_000);
  const long = Array.from({ length: 20 }, () => snapshot({ name: 'x'.repeat(1_000) }));
  for (const each of [...long, ...long]) nodes.learn([each]);
  const known = long.filter(({ id }) => nodes.get(id) !== undefined);
  expect(known.length).toBeGreaterThan(5);
  expect(known.length).toBeLessThan(10);
  expect(known).toEqual(long.slice(-known.length));
});
