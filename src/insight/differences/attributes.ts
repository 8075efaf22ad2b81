import { DEFAULT_REFERENCE, judge, type Scores } from '../reference-hardware.js';
import { isBelow } from '../settings/index.js';

/** What is known of a node in a time range. Null where it is not. */
export interface Subject {
  id: number;
  version: string | null;
  implementation: string | null;
  authority: boolean | null;
  /** Of its address. */
  label: string | null;
  /** Number of the server process that received from it last. */
  collector: number;
  scores: Scores | null;
  /** Its median number of peers, divided by the most that it had. */
  peersRatio: number | null;
  /** Of its last hour. */
  clockOffsetMs: number | null;
  clockSteps: number;
}

/** Values of a node, by the name of the attribute. A name without values: it is known that the node has none of them. */
export type Attributes = ReadonlyMap<string, readonly string[]>;

/** A clock that is off by more is wrong. */
const CLOCK_WRONG_MS = 500;
const MAX_THRESHOLDS = 10;

/** The attributes of nodes in which groups of them may differ, by their ids. */
export function attributesOf(subjects: readonly Subject[]): Map<number, Attributes> {
  const thresholds = versionThresholds(subjects);
  return new Map(
    subjects.map((subject) => [
      subject.id,
      new Map(
        Object.entries({
          version: one(subject.version),
          version_below: versionsBelow(subject, thresholds),
          implementation: one(subject.implementation),
          authority: one(subject.authority?.toString() ?? null),
          label: one(subject.label),
          collector: [subject.collector.toString()],
          hardware_below_reference: lowScores(subject),
          peers: peersBands(subject),
          clock: clockFaults(subject),
        }).filter((entry): entry is [string, string[]] => entry[1] !== null),
      ),
    ]),
  );
}

function one(value: string | null): string[] | null {
  return value === null ? null : [value];
}

function lowScores({ scores, authority }: Subject): string[] | null {
  if (scores === null) return null;
  const { failed } = judge(scores, authority === true, DEFAULT_REFERENCE);
  return failed.length === 0 ? [] : ['any score', ...failed];
}

function peersBands({ peersRatio }: Subject): string[] | null {
  if (peersRatio === null) return null;
  return [50, 80]
    .filter((percent) => peersRatio * 100 < percent)
    .map((percent) => `below ${percent.toString()} %`);
}

function clockFaults({ clockOffsetMs, clockSteps }: Subject): string[] | null {
  if (clockOffsetMs === null) return null;
  return [...(Math.abs(clockOffsetMs) > CLOCK_WRONG_MS ? ['wrong'] : []), ...(clockSteps > 0 ? ['set'] : [])];
}

/** The first three numbers of a version: what follows is of one build. */
function releaseOf(version: string | null): string | undefined {
  const [, major, minor, patch = '0'] = /^v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?/.exec(version ?? '') ?? [];
  return major === undefined || minor === undefined ? undefined : [major, minor, patch].map(Number).join('.');
}

interface Thresholds {
  /** Versions of others mean something else. */
  implementation: string | null;
  versions: readonly string[];
}

/** The versions of the implementation that most nodes have, without the lowest: the most used ones, ascending. */
function versionThresholds(subjects: readonly Subject[]): Thresholds {
  const [usual = []] = groups(subjects, ({ implementation }) => implementation);
  const versions = usual.flatMap(({ version }) => {
    const release = releaseOf(version);
    return release === undefined ? [] : [release];
  });
  const used = groups(versions, (version) => version)
    .slice(0, MAX_THRESHOLDS + 1)
    .flatMap(([version]) => (version === undefined ? [] : [version]))
    .sort((one, other) => (isBelow(one, other) === true ? -1 : 1));
  return { implementation: usual[0]?.implementation ?? null, versions: used.slice(1) };
}

/** Items with the same key, the largest group first. */
function groups<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  const found = new Map<unknown, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = found.get(key) ?? [];
    found.set(key, group);
    group.push(item);
  }
  return [...found.values()].sort((one, other) => other.length - one.length);
}

function versionsBelow(
  { version, implementation }: Subject,
  { implementation: usual, versions }: Thresholds,
): string[] | null {
  const own = releaseOf(version);
  if (own === undefined || implementation !== usual) return null;
  return versions.filter((threshold) => isBelow(own, threshold));
}
