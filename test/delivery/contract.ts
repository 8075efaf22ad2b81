import { setTimeout as sleep } from 'node:timers/promises';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { Ends } from '../support/ends.js';
import { HaproxyProcess } from '../support/haproxy.js';
import { databaseNamed } from '../support/on-database.js';
import { PostgresLink } from './database/postgres-link.js';
import { readStored } from './database/stored.js';
import { playFault } from './faults/play-fault.js';
import type { Stage } from './faults/stage.js';
import { otherMachine } from './faults/volume-faults.js';
import { Fleet } from './fleet/fleet.js';
import { countEnds, type SocketEnd } from './fleet/records.js';
import { type Balance, balance } from './ledger/ledger.js';
import { drawSchedule, type Fault, isDatabaseFault, Turn } from './schedule/draw-schedule.js';
import { FAULT_KINDS, type FaultKind } from './schedule/fault-kinds.js';
import { Replica } from './servers/replica.js';

export interface ContractOptions {
  seed: number;
  /** At least so many messages are sent; more, while faults are still to come. */
  messages: number;
  faults: number;
  /** Of these kinds only; all unless given. */
  kinds?: readonly FaultKind[] | undefined;
  nodes: number;
  /** Messages a second, of all nodes together. */
  rate: number;
  /** Servers on the one database. */
  replicas: number;
  /** Whether nodes come to them through HAProxy; then there are two. */
  proxied?: boolean | undefined;
  /** The longest that something is away: milliseconds. */
  longestMs: number;
  /** The whole run is given up after this: milliseconds. */
  limitMs: number;
  /** Gives it up before. What has been started is ended in any case. */
  signal?: AbortSignal | undefined;
  /** Whether the servers' journals may get volumes of their own, which takes root. */
  mount: boolean;
  /** The built server, where it is not that of `dist`. */
  main?: string | undefined;
  /** A server of another build, which works beside these for a while. */
  otherMain?: string | undefined;
  /** How long a server is frozen for long: milliseconds; 60,000 unless given. */
  longFreezeMs?: number | undefined;
}

export interface Verdict extends Balance {
  /** How often each kind of fault happened. */
  faults: Partial<Record<FaultKind, number>>;
  sockets: Record<SocketEnd, number>;
  /** What went wrong that is no loss. */
  problems: string[];
  processes: number;
  peakMib: number;
  sendSeconds: number;
  deliverySeconds: number;
  diskFull: string;
}

const DELIVERY_LIMIT_MS = 180_000;
const LOOK_MS = 20;
/** Behind a proxy nodes do not know which server is theirs: one that is back gets those that come anew. Seconds. */
const STAY_S = 3;

/** Has nodes send while faults happen, waits until everything is delivered, and compares. */
export async function runContract(options: ContractOptions, say: (line: string) => void): Promise<Verdict> {
  return await new ContractRun(options, say).run();
}

class ContractRun {
  private readonly happened: Partial<Record<FaultKind, number>> = {};
  private readonly startedAt = performance.now();
  /** Aborted when a fault could not be played: the others are to end as well. */
  private readonly failed = new AbortController();
  private readonly giveUp: AbortSignal;

  constructor(
    private readonly options: ContractOptions,
    private readonly print: (line: string) => void,
  ) {
    this.giveUp = AbortSignal.any([
      AbortSignal.timeout(options.limitMs),
      this.failed.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ]);
  }

  async run(): Promise<Verdict> {
    const { options } = this;
    await using ends = new Ends();
    const postgres = ends.add(await FaultyPostgres.start());
    const databaseUrl = databaseNamed(postgres.url, 'delivery');
    const link = ends.add(await PostgresLink.start(databaseUrl));
    const replicas: Replica[] = [];
    for (let index = 0; index < options.replicas; index += 1) {
      const { mount, main } = options;
      replicas.push(ends.add(await Replica.start({ index, databaseUrl: link.url, mount, main })));
    }
    const { seed, nodes, rate } = options;
    const fleet = ends.add(
      options.proxied === true
        ? new Fleet({
            urls: [ends.add(await HaproxyProcess.start(replicas.map(({ port }) => port))).ws],
            seed,
            nodes,
            rate,
            leavesPerSecond: nodes / STAY_S,
          })
        : new Fleet({ urls: replicas.map(({ ws }) => ws), seed, nodes, rate }),
    );
    const stage: Stage = {
      postgres,
      databaseUrl,
      link,
      databaseTurn: new Turn(),
      replicas,
      fleet,
      damaged: [],
      gone: [],
      visits: [],
      longFreezeMs: options.longFreezeMs,
      otherMain: options.otherMain,
      problems: [],
      say: (line) => this.say(line),
    };

    const sendingSince = performance.now();
    await this.playAll(stage);
    await this.until(() => fleet.sent >= options.messages);
    const records = await fleet.stop();
    const sentAt = performance.now();
    this.say(`${fleet.sent} messages are sent; waiting until they are delivered`);
    for (const replica of replicas) await replica.delivered(DELIVERY_LIMIT_MS);
    const deliveredAt = performance.now();
    for (const replica of replicas) await replica.stopAfterAll();
    const stored = await readStored(databaseUrl);
    const servers = [...replicas, ...stage.visits.map(({ replica }) => replica)];
    const nodeRecords = [...records, ...stage.visits.flatMap((visit) => visit.nodes)];
    const runs = servers.flatMap((replica) => replica.runs);
    return {
      ...balance({
        nodes: nodeRecords,
        runs,
        stored,
        damaged: stage.damaged,
        gone: stage.gone,
      }),
      faults: this.happened,
      sockets: countEnds(nodeRecords),
      problems: [...stage.problems, ...servers.flatMap(({ problems }) => problems)],
      processes: runs.length,
      peakMib: Math.max(...runs.map(({ peakMib = 0 }) => peakMib)),
      sendSeconds: (sentAt - sendingSince) / 1000,
      deliverySeconds: (deliveredAt - sentAt) / 1000,
      diskFull: replicas[0]?.volume?.how ?? 'not possible here',
    };
  }

  /** Faults of the database and those of servers go side by side, each kind one after the other. */
  private async playAll(stage: Stage): Promise<void> {
    const schedule = drawSchedule({ ...this.options, kinds: await this.possibleKinds(stage) });
    const lanes = [schedule.filter(isDatabaseFault), schedule.filter((fault) => !isDatabaseFault(fault))];
    const played = lanes.map((lane) => this.playLane(stage, lane));
    for (const lane of played) {
      lane.catch((error: unknown) => {
        // At once: until the other lane has ended, these processes may have.
        if (!this.failed.signal.aborted) for (const replica of stage.replicas) this.sayLast(replica);
        this.failed.abort(error);
      });
    }
    // Nothing is ended while a fault is still at work.
    await Promise.allSettled(played);
    await Promise.all(played);
  }

  private async possibleKinds({ replicas }: Stage): Promise<readonly FaultKind[]> {
    const { kinds = FAULT_KINDS, otherMain } = this.options;
    const reasons = new Map<FaultKind, string>();
    if (replicas.some(({ volume }) => volume === undefined)) {
      reasons.set('journal disk full', 'neither may volumes be mounted here, nor is there prlimit');
    }
    if (otherMain === undefined) reasons.set('other build on the volume', 'there is none: --other-build');
    if ((await otherMachine()) === undefined) {
      reasons.set('clocks a minute apart', 'unshare may not give a program another host name here');
    }
    return kinds.filter((kind) => {
      const reason = reasons.get(kind);
      if (reason !== undefined) this.say(`"${kind}" is left out: ${reason}.`);
      return reason === undefined;
    });
  }

  private sayLast(replica: Replica): void {
    this.say(`server ${replica.index} said last:\n${replica.lastLines()}`);
  }

  private async playLane(stage: Stage, lane: readonly Fault[]): Promise<void> {
    for (const fault of lane) {
      await this.until(() => stage.fleet.sent >= fault.at);
      await (isDatabaseFault(fault)
        ? stage.databaseTurn.take(() => this.play(stage, fault))
        : this.play(stage, fault));
    }
  }

  private async play(stage: Stage, fault: Fault): Promise<void> {
    const startedAt = performance.now();
    const where = isDatabaseFault(fault) || fault.kind === 'sockets reset' ? '' : `, server ${fault.replica}`;
    this.say(`${fault.kind}${where}`);
    await playFault(stage, fault);
    this.happened[fault.kind] = (this.happened[fault.kind] ?? 0) + 1;
    this.say(`${fault.kind}${where}: over after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      this.giveUp.throwIfAborted();
      await sleep(LOOK_MS);
    }
  }

  private say(line: string): void {
    this.print(`${((performance.now() - this.startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  }
}
