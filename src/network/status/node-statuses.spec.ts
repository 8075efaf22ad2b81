import { beforeEach, describe, expect, it } from 'vitest';
import { wasClockWrong } from './node-clock.js';
import {
  nodeKey,
  NodeStatuses,
  type OpenConnection,
  type Restored,
  type StatusReport,
} from './node-statuses.js';
import { StatusLimits } from './status.js';

const S = 1e6;
/** A block each six seconds; passes each five. */
const BLOCK_S = 6;
const PASS_S = 5;

const open = (id: number, more: Partial<OpenConnection> = {}): OpenConnection => ({
  id,
  collector: 1,
  chain: 'name:Testnet',
  node: `Qm${id.toString()}`,
  address: `192.0.2.${id.toString()}`,
  rttUs: null,
  connectedAt: 0,
  heardAt: 0,
  ...more,
});

const message = (connection: number, second: number, more: Partial<StatusReport> = {}): StatusReport => ({
  connection,
  receivedAt: second * S,
  storedAt: second * S,
  createdAt: second * S,
  height: null,
  hash: null,
  isImport: false,
  ...more,
});

const imported = (connection: number, second: number, height: number, branch = 'a'): StatusReport =>
  message(connection, second, { height, hash: `0x${branch}${height.toString()}`, isImport: true });

/** The best height of the chain at a time. */
const tip = (second: number): number => 1_000 + Math.floor(second / BLOCK_S);

type Behavior = (second: number) => StatusReport[];

/** Nodes with their behaviors, and the passes over them. */
class World {
  now = 0;
  statuses = new NodeStatuses(new StatusLimits());
  readonly behaviors = new Map<number, Behavior>();
  /** Of the last whole hour: microseconds. */
  readonly clocks = new Map<string, number>();
  connections: OpenConnection[] = [];
  /** Of each node: the status, and since when in seconds. */
  found = new Map<number, [status: string, since: number]>();
  private pending: StatusReport[] = [];
  private former: StatusReport[] = [];
  private readonly hashes = new Map<number, string | null>();

  add(id: number, behavior: Behavior, more: Partial<OpenConnection> = {}): void {
    this.connections.push(open(id, { connectedAt: this.now * S, heardAt: this.now * S, ...more }));
    this.behaviors.set(id, behavior);
  }

  /** Nodes that import every block as it comes. */
  addHealthy(...ids: number[]): void {
    for (const id of ids) this.add(id, (second) => [imported(id, second, tip(second))]);
  }

  /** Passes until a time: seconds. */
  run(until: number, repeat = false): void {
    for (; this.now < until; this.now += 1) {
      const second = this.now;
      const sent = [...this.behaviors.values()].flatMap((behavior) => behavior(second));
      this.pending.push(...sent.map((report) => this.once(report)));
      if (second % PASS_S === 0) this.pass(repeat);
    }
  }

  /** A node imports a block once. Later it only reports that it is still the best. */
  private once(report: StatusReport): StatusReport {
    const { connection, hash } = report;
    const isSame = this.hashes.get(connection) === hash;
    this.hashes.set(connection, hash);
    return { ...report, isImport: hash !== null && !isSame };
  }

  private pass(repeat: boolean): void {
    const reports = repeat ? [...this.former, ...this.pending].reverse() : this.pending;
    const found = this.statuses.pass({
      now: this.now * S,
      connections: this.connections,
      reports,
      clocks: this.clocks,
    });
    this.former = this.pending;
    this.pending = [];
    this.found = new Map([...found].map(([id, { status, since }]) => [id, [status, since / S]]));
  }

  /** What another process continues with. */
  restored(passedAt = this.now): Restored {
    const statuses = new Map(
      [...this.found].map(([id, [status, since]]) => [
        id,
        { status: status as 'healthy', since: since * S, clockWrong: false },
      ]),
    );
    return { passedAt: passedAt * S, statuses };
  }

  status(id: number): string | undefined {
    return this.found.get(id)?.[0];
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

/** The times at which the status of a node changed, until a time. */
function changes(id: number, until: number, repeat = false): [second: number, status: string][] {
  const list: [number, string][] = [];
  while (world.now < until) {
    world.run(world.now + 1, repeat);
    const status = world.status(id);
    if (status !== undefined && status !== list.at(-1)?.[1]) list.push([world.now - 1, status]);
  }
  return list;
}

describe('the status of a node', () => {
  it('is healthy from the beginning while it follows its chain, and stays so', () => {
    world.run(20);
    world.addHealthy(1, 2, 3);
    expect(changes(1, 600)).toEqual([[20, 'healthy']]);
    expect(world.found.get(1)).toEqual(['healthy', 20]);
  });

  it('is silent a minute after its last message, whatever that was', () => {
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => {
      if (second === 100 || second >= 300) return [message(4, second)];
      return second < 90 ? [imported(4, second, tip(second))] : [];
    });
    // Its last block came at 84. Silent comes before stuck. When it is heard again, its best block is not known.
    expect(changes(4, 400)).toEqual([
      [0, 'healthy'],
      [145, 'stuck'],
      [150, 'healthy'],
      [160, 'silent'],
      [300, 'healthy'],
    ]);
  });

  it('is silent by the messages that its connection has, without reports', () => {
    world.addHealthy(1, 2, 3);
    world.add(4, () => []);
    world.run(61);
    expect(world.status(4)).toBe('silent');
    world.connections = world.connections.map((one) => (one.id === 4 ? { ...one, heardAt: 61 * S } : one));
    world.run(70);
    expect(world.found.get(4)).toEqual(['healthy', 65]);
  });

  it('is syncing from the beginning if it is more than a hundred blocks behind and gains', () => {
    world.addHealthy(1, 2, 3);
    world.run(11);
    world.add(4, (second) => [imported(4, second, Math.min(tip(second), 500 + 3 * second))]);
    expect(changes(4, 400)).toEqual([
      [15, 'syncing'],
      // 100 behind at 145: 924 of 1,024. From then on it is lagging until it has caught up.
      [145, 'lagging'],
      [175, 'healthy'],
    ]);
  });

  it('is not syncing if it is far behind and does not gain: then it is lagging, or stuck', () => {
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => [imported(4, second, tip(second) - 200)]);
    world.add(5, (second) => [imported(5, second, 500)]);
    expect(changes(4, 200)).toEqual([
      [0, 'syncing'],
      [60, 'lagging'],
    ]);
    // Both have had a minute to gain.
    expect(world.found.get(5)).toEqual(['stuck', 60]);
  });

  it('does not become syncing when a lagging node falls further behind', () => {
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => [imported(4, second, tip(Math.floor(second / 4)))]);
    expect(changes(4, 1_500)).toEqual([
      [0, 'healthy'],
      [70, 'lagging'],
    ]);
  });

  it('is on a fork if most nodes have another hash at its height for half a minute, until it returns', () => {
    world.addHealthy(1, 2, 3, 4);
    const onBranch = (second: number): boolean => second >= 60 && second < 300;
    world.add(5, (second) => [imported(5, second, tip(second), onBranch(second) ? 'b' : 'a')]);
    expect(changes(5, 400)).toEqual([
      [0, 'healthy'],
      [90, 'fork'],
      [300, 'healthy'],
    ]);
    expect(world.status(1)).toBe('healthy');
  });

  it('stays on its fork while it is ahead there, and when the majority is long past its height', () => {
    world.addHealthy(1, 2, 3, 4);
    // One block ahead of the others, whose hash at that height is not known yet.
    world.add(5, (second) => [imported(5, second, tip(second) + (second % BLOCK_S > 2 ? 1 : 0), 'b')]);
    // It stops there: it is stuck, too, but on a fork first.
    world.add(6, (second) => [imported(6, second, Math.min(tip(second), 1_010), 'c')]);
    world.run(900);
    expect([world.status(5), world.status(6)]).toEqual(['fork', 'fork']);
  });

  it('is not on a fork that lasts for a block, or if no hash has a majority', () => {
    world.addHealthy(1, 2);
    for (const id of [3, 4]) world.add(id, (second) => [imported(id, second, tip(second), 'b')]);
    const seen = changes(3, 200);
    expect(seen).toEqual([[0, 'healthy']]);
    world = new World();
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => [imported(4, second, tip(second), tip(second) % 4 === 0 ? 'b' : 'a')]);
    expect(changes(4, 300)).toEqual([[0, 'healthy']]);
  });

  it('is stuck if its best block is unchanged for a minute while the chain rises by ten', () => {
    world.addHealthy(1, 2, 3);
    const until = (second: number, stop: number, back: number): number =>
      second >= stop && second < back ? tip(stop) : tip(second);
    world.add(4, (second) => [imported(4, second, until(second, 120, 250))]);
    expect(changes(4, 300)).toEqual([
      [0, 'healthy'],
      // Five behind at 150, for thirty seconds at 180; but a minute without a change and ten blocks come together.
      [180, 'stuck'],
      [250, 'healthy'],
    ]);
  });

  it('is not stuck while the chain does not rise, and no other node is', () => {
    const stopped = (second: number): number => tip(Math.min(second, 100));
    for (const id of [1, 2, 3]) world.add(id, (second) => [imported(id, second, stopped(second))]);
    world.run(1_000);
    expect([...world.found.values()]).toEqual([1, 2, 3].map(() => ['healthy', 0]));
  });

  it('is lagging after half a minute of five blocks behind, and healthy at four', () => {
    world.addHealthy(1, 2, 3);
    const behind = (second: number): number => (second < 100 || second >= 400 ? 4 : 5);
    world.add(4, (second) => [imported(4, second, tip(second) - behind(second))]);
    expect(changes(4, 500)).toEqual([
      [0, 'healthy'],
      [130, 'lagging'],
      [400, 'healthy'],
    ]);
    // A short lag is none.
    world = new World();
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => [imported(4, second, tip(second) - (second % 60 < 30 ? 9 : 0))]);
    expect(changes(4, 500)).toEqual([[0, 'healthy']]);
  });

  it('is not judged by a best block that it has not reported for a minute', () => {
    world.addHealthy(1, 2, 3);
    const behaviors: Behavior[] = [
      (second) => [imported(4, second, tip(second) - 9)],
      (second) => [imported(5, second, tip(Math.min(second, 20)))],
      (second) => [imported(6, second, tip(second), 'b')],
      (second) => [imported(7, second, 2 * second)],
    ];
    for (const [at, behave] of behaviors.entries()) {
      world.add(at + 4, (second) => (second < 200 ? behave(second) : [message(at + 4, second)]));
    }
    const found = (): (string | undefined)[] => [4, 5, 6, 7].map((id) => world.status(id));
    world.run(206);
    expect(found()).toEqual(['lagging', 'stuck', 'fork', 'syncing']);
    world.run(270);
    expect(found()).toEqual(['healthy', 'healthy', 'healthy', 'healthy']);
  });

  it('does not depend on order and repetition of messages', () => {
    const behave = (): void => {
      world.addHealthy(1, 2, 3);
      world.add(4, (second) => [imported(4, second, second < 100 ? tip(second) : tip(100))]);
      world.add(5, (second) => [imported(5, second, tip(second), second < 100 ? 'a' : 'b')]);
      world.add(6, (second) => (second < 50 ? [imported(6, second, tip(second))] : []));
    };
    behave();
    world.run(300);
    const once = world.found;
    world = new World();
    behave();
    world.run(300, true);
    expect(world.found).toEqual(once);
    expect([...once.values()].map(([status]) => status)).toEqual([
      'healthy',
      'healthy',
      'healthy',
      'stuck',
      'fork',
      'silent',
    ]);
  });
});

describe('the chain of a node', () => {
  it('is not the height that one node invents', () => {
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => [imported(4, second, 1e15 + second, 'lie')]);
    world.run(300);
    expect([1, 2, 3].map((id) => world.status(id))).toEqual(['healthy', 'healthy', 'healthy']);
  });

  it('does not accuse the only node, or one of two: no other confirms who is right', () => {
    world.add(1, (second) => [imported(1, second, tip(Math.min(second, 50)))]);
    world.run(300);
    expect(world.status(1)).toBe('healthy');
    world.add(2, (second) => [imported(2, second, tip(second), 'b')]);
    world.run(600);
    expect([world.status(1), world.status(2)]).toEqual(['healthy', 'healthy']);
    // A third one decides.
    world.add(3, (second) => [imported(3, second, tip(second), 'b')]);
    world.run(900);
    expect([1, 2, 3].map((id) => world.status(id))).toEqual(['stuck', 'healthy', 'healthy']);
  });

  it('is another one for nodes of another chain, and none for nodes that report no chain', () => {
    world.addHealthy(1, 2, 3);
    for (const id of [4, 5, 6]) {
      world.add(id, (second) => [imported(id, second, 5)], { chain: id === 4 ? '' : 'name:Other' });
    }
    world.run(300);
    expect([...world.found.values()].map(([status]) => status)).toEqual(Array(6).fill('healthy'));
  });
});

describe('the connections of a node', () => {
  it('are one node: the newest report counts, and it is heard if one of them is', () => {
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => [imported(4, second, tip(second))], { node: 'Qm' });
    world.add(5, (second) => (second === 0 ? [imported(5, 0, 900)] : []), { node: 'Qm' });
    world.run(300);
    expect([world.found.get(4), world.found.get(5)]).toEqual([
      ['healthy', 0],
      ['healthy', 0],
    ]);
    // It continues with a new connection while another one is open.
    world.connections = world.connections.filter(({ id }) => id !== 4);
    world.behaviors.delete(4);
    world.behaviors.set(5, (second) => [imported(5, second, tip(second))]);
    world.run(400);
    expect(world.found.get(5)).toEqual(['healthy', 0]);
  });

  it('begin anew when all have ended', () => {
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => [imported(4, second, 1_000)], { node: 'Qm' });
    world.run(200);
    expect(world.status(4)).toBe('stuck');
    world.connections = world.connections.filter(({ id }) => id !== 4);
    world.behaviors.delete(4);
    world.run(206);
    expect(world.found.has(4)).toBe(false);
    world.add(7, (second) => [imported(7, second, tip(second))], { node: 'Qm' });
    world.run(220);
    expect(world.found.get(7)).toEqual(['healthy', 206]);
  });
});

describe('what the observer did not see', () => {
  const lag = (second: number): number => tip(second) - (second >= 100 ? 7 : 0);

  function behave(): void {
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => [imported(4, second, lag(second))]);
    world.add(5, (second) => [imported(5, second, tip(Math.min(second, 100)))]);
    world.add(6, (second) => (second < 100 ? [imported(6, second, tip(second))] : []));
    world.add(7, (second) => [imported(7, second, tip(second), second < 100 ? 'a' : 'b')]);
    world.add(8, (second) => [imported(8, second, Math.floor(second / 2))]);
  }
  const found = (): (string | undefined)[] => [1, 4, 5, 6, 7, 8].map((id) => world.status(id));
  const ALL = ['healthy', 'lagging', 'stuck', 'silent', 'fork', 'syncing'];

  it('is not charged to nodes after a pause, and a status stays while it holds', () => {
    behave();
    world.run(200);
    expect(found()).toEqual(ALL);
    const before = new Map(world.found);
    // Nothing is read for five minutes. Then one pass has few messages of the first nodes only.
    world.now = 500;
    world.behaviors.delete(2);
    world.run(505);
    expect(world.found).toEqual(before);
    // The silent one is still silent; a minute later, so is the other one.
    world.run(556);
    expect(world.status(2)).toBe('lagging');
    world.run(561);
    expect(world.status(2)).toBe('silent');
    expect(found()).toEqual(ALL);
  });

  it('is continued by another process, at once or after a pause', () => {
    for (const pause of [5, 100]) {
      world = new World();
      behave();
      world.run(200);
      const before = new Map(world.found);
      expect(found()).toEqual(ALL);
      const restored = world.restored(195);
      world.statuses = new NodeStatuses(new StatusLimits(), restored);
      world.now = 195 + pause;
      world.run(world.now + 1);
      expect(world.found).toEqual(before);
      world.run(600);
      expect(world.found).toEqual(before);
    }
  });

  it('is ended by another process if it does not hold any more', () => {
    behave();
    world.run(200);
    world.statuses = new NodeStatuses(new StatusLimits(), world.restored(195));
    for (const id of [4, 5, 6, 7, 8])
      world.behaviors.set(id, (second) => [imported(id, second, tip(second))]);
    world.run(206);
    expect(found()).toEqual(ALL.map(() => 'healthy'));
    expect(world.found.get(1)).toEqual(['healthy', 0]);
    expect(world.found.get(5)).toEqual(['healthy', 200]);
  });

  it('keeps the status of nodes whose server stores late', () => {
    /** From 100 to 300 it stores two thirds of what it receives, then all that is left within ten seconds. */
    const storedAt = (second: number): number => {
      if (second < 100 || second >= 310) return second;
      const slow = second + (second - 100) / 2;
      return Math.ceil(slow <= 300 ? slow : 300 + ((second - 233) * 10) / 77);
    };
    world.addHealthy(1, 2, 3);
    const stored = (second: number): StatusReport[] =>
      Array.from({ length: 600 }, (_, at) => at)
        .filter((at) => storedAt(at) === second)
        .map((at) => ({ ...imported(4, at, tip(at)), storedAt: second * S }));
    world.add(4, stored, { collector: 2 });
    expect(changes(4, 500)).toEqual([[0, 'healthy']]);
    // One that stores in time is not excused.
    world = new World();
    world.addHealthy(1, 2, 3);
    world.add(4, (second) => stored(second).map((one) => ({ ...one, storedAt: one.receivedAt })));
    expect(changes(4, 500).map(([, status]) => status)).toContain('lagging');
  });
});

describe('the clock of a node', () => {
  function off(ms: (second: number) => number, more: Partial<OpenConnection> = {}): void {
    world.addHealthy(1, 2, 3);
    const behave = (second: number): StatusReport[] => [
      { ...imported(4, second, tip(second)), createdAt: second * S - ms(second) * 1e3 },
    ];
    world.add(4, behave, more);
  }
  const isWrong = (id: number): boolean | undefined => {
    const { connections, clocks, now } = world;
    return world.statuses.pass({ now: now * S, connections, reports: [], clocks }).get(id)?.clockWrong;
  };
  const wrongFrom = (until: number): number | undefined => {
    while (world.now < until) {
      world.run(world.now + 60);
      if (isWrong(4)) return world.now;
    }
    return undefined;
  };

  it('is wrong after an hour of more than half a second, whatever its direction', () => {
    off(() => -600);
    expect(wrongFrom(5_000)).toBe(3_600);
  });

  it('is wrong after ten minutes of more than a third of a slot', () => {
    off(() => 2_100);
    expect(wrongFrom(5_000)).toBe(600);
  });

  it('is right if one message in ten minutes came in time, or half of the round trip explains it', () => {
    off((second) => (second % 500 === 0 ? 100 : 5_000));
    expect(wrongFrom(5_000)).toBeUndefined();
    world = new World();
    off(() => 700, { rttUs: 600_000 });
    expect(wrongFrom(5_000)).toBeUndefined();
  });

  it('is right again after ten minutes', () => {
    off((second) => (second < 4_000 ? 600 : 0));
    expect(wrongFrom(4_000)).toBe(3_600);
    world.run(4_801);
    expect(isWrong(4)).toBe(false);
  });

  it('is what it was in the last whole hour, where that is known, whatever was measured since', () => {
    off((second) => (second < 4_000 ? 600 : 0));
    const ofHour = (ms: number): boolean | undefined => {
      world.clocks.set(nodeKey('name:Testnet', 'Qm4'), ms * 1e3);
      return isWrong(4);
    };
    world.run(100);
    expect([ofHour(499), ofHour(501), ofHour(-501)]).toEqual([false, true, true]);
    world.clocks.clear();
    // It stays so until this process has measured something.
    expect(isWrong(4)).toBe(true);
    expect([ofHour(0), isWrong(3)]).toEqual([false, false]);
  });

  it('is wrong in an hour by a third of a slot, where that is less than half a second', () => {
    expect([wasClockWrong(300_000, 1e6), wasClockWrong(334_000, 1e6)]).toEqual([false, true]);
    expect([wasClockWrong(400_000, undefined), wasClockWrong(-600_000, undefined)]).toEqual([false, true]);
  });
});
