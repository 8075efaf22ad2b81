import { describe, expect, it } from 'vitest';
import { Settings } from '../platform/config/index.js';
import { registerOwnParts } from './own-parts.js';
import type { PurgePart } from './purge-part.js';
import { PurgeRegistry } from './purge-registry.js';

const part = (name: string, ...after: string[]): PurgePart => ({
  name,
  after,
  purge: () => Promise.resolve(),
  preview: () => Promise.resolve({}),
});

function registryWith(...parts: PurgePart[]): PurgeRegistry {
  const registry = new PurgeRegistry();
  for (const one of parts) registry.register(one);
  return registry;
}

const names = (registry: PurgeRegistry): string[] => registry.inOrder().map(({ name }) => name);

describe('PurgeRegistry', () => {
  it('returns parts in the order of registration, after their dependencies', () => {
    expect(names(registryWith(part('c', 'b'), part('a'), part('b', 'a', 'd'), part('d')))).toEqual([
      'a',
      'd',
      'b',
      'c',
    ]);
  });

  it('rejects duplicate names and cyclic dependencies', () => {
    expect(() => registryWith(part('a'), part('a'))).toThrow('Two purge parts are named a.');
    expect(() => registryWith(part('a', 'x')).inOrder()).toThrow('The purge part a depends on x');
    expect(() => registryWith(part('a', 'b'), part('b', 'c'), part('c', 'a')).inOrder()).toThrow(
      'Purge parts depend on each other: a, b, c, a.',
    );
    expect(() => registryWith(part('a', 'a')).inOrder()).toThrow('a, a.');
  });

  it('orders parts of a team before and after those of the server', () => {
    const registry = registryWith(part('mine', 'collectors'));
    registerOwnParts(registry, new Settings());
    registry.register(part('last', 'peer_connections'));
    expect(names(registry)).toEqual([
      'logs_expiring',
      'peer_connections',
      'ingest_batches',
      'collectors',
      'mine',
      'rejected_messages',
      'insight_sessions',
      'insight_node_days',
      'nodes',
      'chains',
      'insight_arrivals',
      'insight_blocks',
      'insight_minutes',
      'insight_dirty_hours',
      'insight_webhook_events',
      'insight_node_hours',
      'insight_hardware',
      'insight_reports',
      'last',
    ]);
  });
});
