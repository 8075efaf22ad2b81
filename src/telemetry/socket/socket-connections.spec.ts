import { beforeEach, describe, expect, it } from 'vitest';
import { type NodeIdentity, UNKNOWN_IDENTITY } from '../../storage/index.js';
import { NodeConnection } from './node-connection.js';
import { MAX_NODES_PER_SOCKET, MAX_REPLACED_AT_ONCE, SocketConnections } from './socket-connections.js';

const AT = 1_764_000_000_000;

describe('SocketConnections', () => {
  let connections: SocketConnections;
  /** Connections that were named. */
  let named: number;
  /** The id of the envelope of each that was replaced, with the reason. */
  let replaced: string[];
  let now: number;

  beforeEach(() => {
    named = 0;
    replaced = [];
    now = 5_000;
    connections = new SocketConnections({
      begin: (envelopeId, at) =>
        new NodeConnection(
          {
            id: (named += 1),
            socketId: 's',
            envelopeId,
            ipAddr: '192.0.2.7',
            path: '/',
            audit: false,
            createdAt: at,
          },
          at,
        ),
      replaced: ({ origin }, reason) => replaced.push(`${String(origin.envelopeId)} ${reason}`),
      now: () => now,
    });
  });

  /** A message under an id; the id of its connection. */
  const hear = (id: number | null, greeting: NodeIdentity | null = null): number | undefined => {
    const connection = connections.connectionOf(id, greeting, AT);
    if (greeting !== null) connection?.identify(greeting);
    return connection?.id;
  };
  const hearAll = (from: number, to: number): (number | undefined)[] =>
    Array.from({ length: to - from + 1 }, (_, at) => hear(from + at));
  const greeting = (peerId: string | null, fields: Partial<NodeIdentity> = {}): NodeIdentity => ({
    ...UNKNOWN_IDENTITY,
    chain: 'One',
    peerId,
    ...fields,
  });
  /** As many other nodes under one id as may come at once. */
  const spend = (id: number): void => {
    for (let times = 0; times <= MAX_REPLACED_AT_ONCE; times += 1)
      hear(id, greeting(`spent ${times.toString()}`));
  };

  it('has twenty ids, and evicts the least recently used one', () => {
    hearAll(1, 20);
    hear(1);
    hear(3);
    expect(hear(21)).toBe(21);
    expect(hear(null)).toBe(22);
    expect(replaced).toEqual(['2 id_evicted', '4 id_evicted']);
    expect(connections.size).toBe(MAX_NODES_PER_SOCKET);
    expect(connections.get(2)).toBeUndefined();
    expect(connections.get(1)?.id).toBe(1);
  });

  it('ends the connection of an evicted id, and creates another one when the id is used again', () => {
    hearAll(1, 20);
    const first = connections.get(1);
    hear(21);
    expect(first?.snapshot(AT)).toMatchObject({ endedAt: AT, endReason: 'id_evicted', endCode: null });
    expect(hear(1)).toBe(22);
    expect(replaced).toEqual(['1 id_evicted', '2 id_evicted']);
  });

  it('remembers the identity of an evicted id', () => {
    for (let id = 1; id <= 21; id += 1) hear(id, greeting(id.toString(), { sysinfo: '{"cpu":"AMD"}' }));
    for (let round = 0; round < 2; round += 1) {
      for (let id = 1; id <= 21; id += 1) {
        hear(id);
        expect(connections.get(id)?.peerId).toBe(id.toString());
      }
    }
  });

  it('remembers the identity of an id that could not evict another', () => {
    hearAll(1, 20);
    hearAll(101, 100 + MAX_REPLACED_AT_ONCE);
    expect(hear(7, greeting('late'))).toBeUndefined();
    now += 1_000;
    hear(7);
    expect(connections.get(7)?.peerId).toBe('late');
  });

  it('evicts sixty ids at once, and then one a second', () => {
    const heard = hearAll(1, 100);
    expect(heard.map((id) => id !== undefined)).toEqual(
      Array.from({ length: 100 }, (_, at) => at < MAX_NODES_PER_SOCKET + MAX_REPLACED_AT_ONCE),
    );
    expect(hearAll(61, 80).every((id) => id !== undefined)).toBe(true);
    now += 999;
    expect(hear(81)).toBeUndefined();
    now += 1;
    expect([hear(81), hear(82)]).toEqual([81, undefined]);
    expect(named).toBe(81);
  });

  it('replaces the connection of an id with the identity of another node', () => {
    hear(1, greeting('X'));
    expect([hear(1), hear(1, greeting('Y')), hear(1), hear(1, greeting('Y'))]).toEqual([1, 2, 2, 2]);
    expect(connections.get(1)?.peerId).toBe('Y');
    expect(hear(1, greeting('Y', { chain: 'Two' }))).toBe(3);
    expect(replaced).toEqual(['1 identity_changed', '1 identity_changed']);
  });

  it('keeps a connection whose node sends the same identity, or more fields', () => {
    hear(1);
    const identities = [
      greeting(null, { chain: null }),
      greeting(null),
      greeting('X'),
      greeting('X', { name: 'new' }),
    ];
    expect(identities.map((one) => hear(1, one))).toEqual([1, 1, 1, 1]);
    expect(replaced).toEqual([]);
  });

  it('has one limit for ids and nodes', () => {
    hearAll(1, 20);
    hearAll(21, 50);
    spend(50);
    expect(replaced).toHaveLength(MAX_REPLACED_AT_ONCE);
    expect(hear(51)).toBeUndefined();
  });

  it('drops the messages of a node whose connection is not allowed yet', () => {
    spend(1);
    const before = connections.get(1)?.id;
    expect(hear(1, greeting('Y'))).toBeUndefined();
    expect(hear(1)).toBeUndefined();
    expect(connections.get(1)).toBeUndefined();
    expect(hear(2)).toBe(named);
    now += 1_000;
    expect(hear(1)).toBe(named);
    expect(connections.get(1)?.peerId).toBe('Y');
    expect(connections.get(1)?.id).not.toBe(before);
  });

  it('continues a connection whose node sends its identity again', () => {
    spend(1);
    const before = connections.get(1);
    expect([hear(1, greeting('Y')), hear(1, greeting(before?.peerId ?? '')), hear(1)]).toEqual([
      undefined,
      before?.id,
      before?.id,
    ]);
  });

  it('remembers a pending identity when its id is evicted', () => {
    spend(1);
    hear(1, greeting('Y'));
    hearAll(2, 20);
    now += 1_000;
    expect(hear(21)).toBe(named);
    now += 1_000;
    expect(hear(1)).toBe(named);
    expect(connections.get(1)?.peerId).toBe('Y');
  });

  it('remembers as many identities as it has connections', () => {
    for (let id = 1; id <= 60; id += 1) hear(id, greeting(id.toString()));
    hear(1);
    expect(connections.get(1)?.peerId).toBeNull();
    hear(30);
    expect(connections.get(30)?.peerId).toBe('30');
  });

  it('ends all connections with the socket', () => {
    hearAll(1, 3);
    expect(connections.endAll(AT, 'reset', 1006).map((one) => one.snapshot(AT).endReason)).toEqual([
      'reset',
      'reset',
      'reset',
    ]);
  });
});
