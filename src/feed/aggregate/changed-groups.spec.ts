import { describe, expect, it } from 'vitest';
import { ChangedGroups } from './changed-groups.js';
import { Group } from './group.js';

const names = (groups: readonly Group[]): string[] => groups.map(({ name }) => name);

describe('ChangedGroups', () => {
  it('returns each changed group once to a subscriber that is behind', () => {
    const changes = new ChangedGroups();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Group(0, 't', name)) as [Group, Group, Group];
    changes.push(new Set([b, a]));
    expect(names(changes.after(0, 10))).toEqual(['a', 'b']);
    const position = changes.lastSeq;
    changes.push(new Set([a, c]));
    expect(names(changes.after(position, 10))).toEqual(['a', 'c']);
    expect(names(changes.after(0, 10))).toEqual(['b', 'a', 'c']);
    expect(names(changes.after(0, 2))).toEqual(['b', 'a']);
    changes.forget(a);
    expect(names(changes.after(0, 10))).toEqual(['b', 'c']);
  });

  it('holds at most twice as many entries as groups', () => {
    const changes = new ChangedGroups();
    const groups = Array.from({ length: 50 }, (_, n) => new Group(n, 't', n.toString()));
    for (let n = 0; n < 5_000; n += 1) changes.push(new Set([groups.at(n % 50) ?? new Group(0, 't', '')]));
    expect(changes.after(0, 1_000)).toHaveLength(50);
    expect((changes as unknown as { entries: unknown[] }).entries.length).toBeLessThanOrEqual(101);
  });
});
