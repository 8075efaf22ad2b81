import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { NodeRecord } from './records.js';

export interface FleetOptions {
  /** Of the servers, or of the proxy before them. */
  urls: readonly string[];
  seed: number;
  nodes: number;
  /** Messages a second, of all nodes together. */
  rate: number;
  /** Shared out among the nodes; `/` and `/audit` unless given. */
  paths?: readonly string[];
  /** Milliseconds until a node dials again, at least and at most; real nodes wait for 5 to 20 s. */
  redialMs?: readonly [number, number];
  /** Milliseconds over which the first dials are spread. */
  dialMs?: number;
  /** Messages a second that cannot be stored, of all nodes together. The server keeps the heads of 20 a second. */
  badPerSecond?: number;
  /** Nodes per second that close their socket and reconnect; by default none. */
  leavesPerSecond?: number;
  /** In how many processes the nodes run. */
  processes?: number;
  /** The number of the first node. */
  firstNode?: number;
  /** Local addresses that nodes come from, shared out among those of a process; the system chooses unless given. */
  addresses?: readonly string[];
  /** Which servers of the ledger these are; their places in `urls` unless given. */
  replicas?: readonly number[];
}

/** The part of a fleet that runs in one process. */
export interface NodesInput {
  urls: readonly string[];
  replicas: readonly number[];
  seed: number;
  firstNode: number;
  nodes: number;
  rate: number;
  paths: readonly string[];
  redialMs: readonly [number, number];
  dialMs: number;
  badEveryMs: number;
  leaveEveryMs: number;
  addresses: readonly string[];
}

export type NodesRequest =
  { kind: 'reset'; share: number; withinMs: number } | { kind: 'rate'; rate: number } | { kind: 'stop' };

export type NodesReport =
  { kind: 'progress'; sent: number; open: number } | { kind: 'end'; nodes: NodeRecord[] };

const WORKER = new URL('./nodes.worker.ts', import.meta.url);

interface Part {
  child: ChildProcess;
  sent: number;
  open: number;
  ended: Promise<NodeRecord[]>;
}

/** Nodes in their own processes, so that playing faults does not delay them. */
export class Fleet implements AsyncDisposable {
  private readonly parts: Part[] = [];
  private readonly processes: number;

  constructor(options: FleetOptions) {
    const { firstNode = 0, nodes, rate } = options;
    this.processes = Math.min(options.processes ?? 2, nodes);
    let first = firstNode;
    for (let index = 0; index < this.processes; index += 1) {
      const share = Math.floor(((index + 1) * nodes) / this.processes) - (first - firstNode);
      this.parts.push(
        start({
          urls: options.urls,
          replicas: options.replicas ?? options.urls.map((_url, place) => place),
          seed: options.seed,
          firstNode: first,
          nodes: share,
          rate: rate / this.processes,
          paths: options.paths ?? ['/', '/audit'],
          redialMs: options.redialMs ?? [50, 500],
          dialMs: options.dialMs ?? 200,
          badEveryMs: (1000 * this.processes) / (options.badPerSecond ?? 2),
          addresses: options.addresses ?? [],
          leaveEveryMs: (1000 * this.processes) / (options.leavesPerSecond ?? 0),
        }),
      );
      first += share;
    }
  }

  /** Messages so far. */
  get sent(): number {
    return this.parts.reduce((sum, part) => sum + part.sent, 0);
  }

  /** Sockets that are open. */
  get open(): number {
    return this.parts.reduce((sum, part) => sum + part.open, 0);
  }

  /**
   * Breaks sockets off with RST.
   *
   * @param share of all nodes
   * @param withinMs over which time that is spread
   */
  reset(share: number, withinMs = 0): void {
    this.tell({ kind: 'reset', share, withinMs });
  }

  /** From now on, of all nodes together: messages a second. */
  setRate(rate: number): void {
    this.tell({ kind: 'rate', rate: rate / this.processes });
  }

  /** Stops sending, closes every socket, and returns the record of each node. */
  async stop(): Promise<NodeRecord[]> {
    this.tell({ kind: 'stop' });
    return (await Promise.all(this.parts.map(({ ended }) => ended))).flat();
  }

  private tell(request: NodesRequest): void {
    for (const { child } of this.parts) if (child.connected) child.send(request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.parts) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
}

function start(input: NodesInput): Part {
  const child = fork(WORKER, {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let records: NodeRecord[] | undefined;
  const ended = once(child, 'exit').then(() => {
    if (records === undefined) throw new Error('A process of nodes has ended before it was told to.');
    return records;
  });
  ended.catch(() => undefined);
  const part: Part = { child, sent: 0, open: 0, ended };
  child.on('message', (message) => {
    const report = message as NodesReport;
    if (report.kind === 'progress') ({ sent: part.sent, open: part.open } = report);
    else records = report.nodes;
  });
  child.send(input);
  return part;
}
