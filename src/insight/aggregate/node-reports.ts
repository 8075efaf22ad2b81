import {
  type BenchmarkReport,
  minuteOf,
  type Observation,
  type Scores,
  type Source,
  type StateReport,
} from './observation.js';

/** Messages of a node and minute that are counted: it sends one of each kind in five seconds. */
const MAX_REPORTS = 100;

/** What a node reported in one minute of its chain, its network and its clock. */
export interface NodeMinute {
  /** Different messages with its chain, and with its network, by the node's own time; ascending. */
  chainReports: number[];
  networkReports: number[];
  /** The last ones. */
  chain: Report | undefined;
  network: Report | undefined;
  /** The last one. */
  benchmark: Benchmark | undefined;
  /** Its connections. */
  sources: Source[];
}

/** A benchmark, and when it was received. */
export interface Benchmark {
  at: number;
  scores: Scores;
}

type Report = StateReport & { at: number };

/** What the nodes of one chain reported in the open minutes. The order of messages does not matter, nor do repeated ones. */
export class NodeReports {
  private readonly byMinute = new Map<number, Map<number, NodeMinute>>();

  add({ source, receivedAt, createdAt, report }: Observation): void {
    const node = this.minuteOfNode(minuteOf(receivedAt), source.node);
    if (!node.sources.includes(source)) node.sources.push(source);
    if (report?.kind === 'benchmark') addBenchmark(node, report, receivedAt);
    if (report?.kind !== 'state') return;
    if (report.height !== null) {
      note(node.chainReports, createdAt);
      if (isLater(report, receivedAt, node.chain)) node.chain = replaced(node.chain, report, receivedAt);
    }
    if (report.peers !== null) {
      note(node.networkReports, createdAt);
      if (isLater(report, receivedAt, node.network))
        node.network = replaced(node.network, report, receivedAt);
    }
  }

  /** Minutes in which nodes reported, ascending. */
  minutes(from: number, to: number): number[] {
    return [...this.byMinute.keys()]
      .filter((minute) => minute >= from && minute < to)
      .sort((one, other) => one - other);
  }

  /** The nodes that reported in a minute. */
  in(minute: number): ReadonlyMap<number, NodeMinute> {
    return this.byMinute.get(minute) ?? new Map<number, NodeMinute>();
  }

  get isEmpty(): boolean {
    return this.byMinute.size === 0;
  }

  /** Forgets minutes before this one. */
  forget(before: number): void {
    for (const minute of this.byMinute.keys()) if (minute < before) this.byMinute.delete(minute);
  }

  private minuteOfNode(minute: number, node: number): NodeMinute {
    const nodes = this.byMinute.get(minute) ?? new Map<number, NodeMinute>();
    this.byMinute.set(minute, nodes);
    const known = nodes.get(node);
    if (known !== undefined) return known;
    const added: NodeMinute = {
      chainReports: [],
      networkReports: [],
      chain: undefined,
      network: undefined,
      benchmark: undefined,
      sources: [],
    };
    nodes.set(node, added);
    return added;
  }
}

function addBenchmark(node: NodeMinute, { scores }: BenchmarkReport, at: number): void {
  const known = node.benchmark;
  if (known !== undefined && known.at > at) return;
  if (known?.at === at && JSON.stringify(known.scores) >= JSON.stringify(scores)) return;
  node.benchmark = { at, scores };
}

/** Adds a time to an ascending list of different ones. Of too many, the first ones are kept. */
function note(times: number[], time: number): void {
  let index = times.length;
  while (index > 0 && (times[index - 1] ?? 0) > time) index -= 1;
  if (index > 0 && times[index - 1] === time) return;
  times.splice(index, 0, time);
  if (times.length > MAX_REPORTS) times.pop();
}

/** Reports of one moment are ordered by their values, so that the order in which they are read does not matter. */
function isLater(report: StateReport, at: number, known: Report | undefined): boolean {
  if (known === undefined) return true;
  if (at !== known.at) return at > known.at;
  for (const key of ['height', 'finalizedHeight', 'peers', 'txcount', 'download', 'upload'] as const) {
    const [value, knownValue] = [report[key] ?? -1, known[key] ?? -1];
    if (value !== knownValue) return value > knownValue;
  }
  return false;
}

/** In place: most reports are the last ones of their node for some seconds, and would be garbage then. */
function replaced(known: Report | undefined, report: StateReport, at: number): Report {
  if (known === undefined) return { ...report, at };
  known.at = at;
  return Object.assign(known, report);
}
