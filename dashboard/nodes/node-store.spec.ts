import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ChainState, EMPTY_HEADER, EMPTY_NODE } from './network.js';
import { NodeStore } from './node-store.js';

const at = (second: number): string => `2026-01-02T03:04:0${second.toString()}.000000Z`;
const frame = (second: number, more: object = {}) => ({ as_of: at(second), nodes: [], gone: [], ...more });

function storeOf(state: Partial<ChainState>): NodeStore {
  const store = new NodeStore();
  store.load({
    network: 'name:Testnet',
    genesis_hash: null,
    chain: 'Testnet',
    as_of: at(0),
    header: EMPTY_HEADER,
    nodes: [],
    next_cursor: null,
    ...state,
  });
  return store;
}

describe('NodeStore', () => {
  beforeAll(() => vi.stubGlobal('requestAnimationFrame', () => 1));
  afterAll(() => vi.unstubAllGlobals());

  it('resumes from the current time; additional fields require a full snapshot', () => {
    const store = storeOf({ nodes: [{ ...EMPTY_NODE, id: 1, peers: 1, upload: 1 }] });
    expect(store.sinceFor(['name', 'peers', 'upload'])).toBe(at(0));
    store.apply(frame(1, { nodes: [{ id: 2, name: 'bob' }] }), ['name', 'upload']);
    expect(store.sinceFor(['name', 'upload'])).toBe(at(1));
    expect(store.sinceFor(['name', 'peers', 'upload'])).toBeUndefined();
    // Changes before the snapshot do not make the fields complete.
    store.apply(frame(2), ['name', 'peers', 'upload']);
    expect(store.sinceFor(['peers'])).toBeUndefined();
    const nodes = [
      { id: 1, name: null, peers: 2 },
      { id: 2, name: 'bob', peers: 3 },
    ];
    store.apply(frame(3, { complete: true, nodes }), ['name', 'peers']);
    expect(store.sinceFor(['name', 'peers'])).toBe(at(3));
    expect(store.sinceFor(['name', 'upload'])).toBeUndefined();
    expect(store.all().map(({ peers }) => peers)).toEqual([2, 3]);
  });

  it('is complete after the last frame of a snapshot, and not before', () => {
    const store = storeOf({ nodes: [1, 2, 3].map((id) => ({ ...EMPTY_NODE, id })) });
    const ids = () => store.all().map(({ id }) => id);
    store.apply(frame(1, { complete: true, more: true, nodes: [{ id: 1 }, { id: 4 }] }), ['name']);
    expect(ids()).toEqual([1, 2, 3, 4]);
    expect(store.sinceFor(['name'])).toBeUndefined();
    store.apply(frame(1, { more: true, nodes: [{ id: 5 }] }), ['name']);
    expect(store.sinceFor(['name'])).toBeUndefined();
    store.apply(frame(1, { nodes: [{ id: 6 }] }), ['name']);
    expect(ids()).toEqual([1, 4, 5, 6]);
    expect(store.sinceFor(['name'])).toBe(at(1));
    store.apply(frame(2, { nodes: [{ id: 7 }], gone: [1] }), ['name']);
    expect(ids()).toEqual([4, 5, 6, 7]);
  });

  it('uses the clock of the server after the first frame', () => {
    vi.useFakeTimers({ now: Date.parse(at(5)) });
    const store = storeOf({ as_of: '' });
    expect(store.sinceFor(['name'])).toBeUndefined();
    expect(store.now()).toBe(Date.parse(at(5)));
    store.apply(frame(2, { complete: true }), ['name']);
    expect(store.asOf).toBe(at(2));
    expect(store.now()).toBe(Date.parse(at(2)));
    vi.useRealTimers();
  });
});
