import { describe, expect, it } from 'vitest';
import { isOtherNode } from './is-other-node.js';

const A = `0x${'a'.repeat(64)}`;
const B = `0x${'b'.repeat(64)}`;

/** Peer id, genesis hash and name of the chain. */
type Who = readonly [string | null, string | null, string | null];

const said = ([peerId, genesisHash, chain]: Who): Parameters<typeof isOtherNode>[0] => ({
  peerId,
  genesisHash,
  chain,
});

describe('a greeting', () => {
  it.each<[string, Who, Who]>([
    ['another peer id', ['X', A, 'One'], ['Y', A, 'One']],
    ['another genesis hash', ['X', A, 'One'], ['X', B, 'One']],
    ['another genesis hash without names', ['X', A, null], ['X', B, null]],
    ['another name where neither has a hash', ['X', null, 'One'], ['X', null, 'Two']],
    ['another name where only the known has a hash', ['X', A, 'One'], ['X', null, 'Two']],
    ['another name where only the greeting has a hash', ['X', null, 'One'], ['X', A, 'Two']],
    ['a hash after a name without one', ['X', null, 'One'], ['X', A, 'One']],
    ['a hash without a name after a name', ['X', null, 'One'], ['X', A, null]],
    ['another chain of a node without a peer id', [null, null, 'One'], [null, null, 'Two']],
  ])('is of another node: %s', (_, known, other) => {
    expect(isOtherNode(said(known), said(other))).toBe(true);
  });

  it.each<[string, Who, Who]>([
    ['the same', ['X', A, 'One'], ['X', A, 'One']],
    ['another name of the same genesis hash', ['X', A, 'One'], ['X', A, 'Two']],
    ['the first', [null, null, null], ['X', A, 'One']],
    ['a peer id at last', [null, A, 'One'], ['X', A, 'One']],
    ['a chain at last', ['X', null, null], ['X', null, 'One']],
    ['a hash at last, without a name before', ['X', null, null], ['X', A, 'One']],
    ['less than before', ['X', A, 'One'], [null, null, null]],
    ['the name without the hash', ['X', A, 'One'], ['X', null, 'One']],
    ['a name where the known has a hash only', ['X', A, null], ['X', null, 'One']],
  ])('is of the same node: %s', (_, known, other) => {
    expect(isOtherNode(said(known), said(other))).toBe(false);
  });
});
