import { setTimeout as sleep } from 'node:timers/promises';
import { playFault } from '../delivery/faults/play-fault.js';
import { type Fault, isDatabaseFault } from '../delivery/schedule/draw-schedule.js';
import { Ends } from '../support/ends.js';
import { type Check, checksOf } from './checks.js';
import { drawFaults } from './draw-faults.js';
import { HttpRequests } from './load/http-requests.js';
import { Audience } from './load/audience.js';
import type { Pace } from './load/seat.js';
import { Outages } from './outages.js';
import type { Mark } from './plot/small-multiples.js';
import { type Growth, growthOf } from './samples/quarters.js';
import type { Column, Sample } from './samples/sample.js';
import { Sampler } from './samples/sampler.js';
import { allGone, setUpStage, type SoakStage } from './soak-stage.js';
import { together, type Work } from './together.js';

export interface SoakOptions {
  seed: number;
  /** From when all nodes are connected until they go: seconds. */
  lengthS: number;
  nodes: number;
  /** Messages a second, of all nodes together. */
  rate: number;
  /** Nodes a second that say goodbye and come again. */
  leavesPerSecond: number;
  /** Of the feed. */
  subscribers: number;
  pace: Pace;
  /** HTTP requests. */
  requestsPerSecond: number;
  sampleMs: number;
  /** From the beginning of one fault to that of the next: milliseconds, at least and at most. */
  faultGapMs: readonly [number, number];
  /** The longest that something is away: milliseconds. */
  longestMs: number;
  /** The built server, where it is not that of `dist`. */
  main?: string | undefined;
  /** Gives the run up. What has been started is ended in any case. */
  signal?: AbortSignal | undefined;
}

export interface SoakResult {
  lengthS: number;
  samples: readonly Sample[];
  faults: readonly Mark[];
  /** Of what is judged. */
  growths: readonly Growth[];
  /** Of what is told only. */
  otherGrowths: readonly Growth[];
  checks: readonly Check[];
  /** What else there was, for the report. */
  counts: Record<string, number>;
}

/** What is compared between the quarters of a run. */
const COMPARED: readonly Column[] = ['rss_mib', 'open_files', 'handles'];
/** What helps to understand that, and is not judged: garbage that waits, and what the feed holds for an hour. */
const TOLD: readonly Column[] = ['heap_used_mib', 'heap_total_mib', 'external_mib', 'feed_cache_mib'];
const DELIVERY_LIMIT_MS = 300_000;

/** Has a server work for a time, with faults, and looks at what it takes meanwhile. */
export async function runSoak(options: SoakOptions, say: (line: string) => void): Promise<SoakResult> {
  return await new SoakRun(options, say).run();
}

class SoakRun {
  private readonly samples: Sample[] = [];
  private readonly marks: Mark[] = [];
  private readonly problems: string[] = [];
  private readonly outages = new Outages();
  /** When all nodes were there. Until then the time counts from the beginning of it all. */
  private startedAt = performance.now();

  constructor(
    private readonly options: SoakOptions,
    private readonly print: (line: string) => void,
  ) {}

  async run(): Promise<SoakResult> {
    const { seed, nodes, subscribers, pace, lengthS, requestsPerSecond, rate, signal } = this.options;
    await using ends = new Ends();
    const stage = await setUpStage(ends, this.options, (line) => this.say(line));
    const { server, replica, fleet } = stage;
    const { ws, http } = replica.process;
    const audience = new Audience({ ws, seed, nodes, subscribers, pace });
    const requests = new HttpRequests({
      http,
      seed,
      nodes,
      perSecond: requestsPerSecond,
      outages: this.outages,
    });
    this.startedAt = performance.now();
    const sentBefore = fleet.sent;
    const works: Work[] = [
      (until) => audience.run(until),
      (until) => requests.run(until),
      (until) => this.sample(stage, until),
      // Stops when the fault is over that is at work.
      (until) => this.playFaults(stage, until),
    ];
    await together(works, lengthS * 1000, signal);
    const sentShare = (fleet.sent - sentBefore) / (rate * this.seconds);
    const records = await fleet.stop();
    this.say(`${fleet.sent} messages are sent; waiting until they are delivered`);
    await replica.delivered(DELIVERY_LIMIT_MS);
    await audience.finish(stage.databaseUrl);
    await allGone(stage).catch((error: unknown) => this.problems.push(String(error)));
    const balance = await server.settle(records, DELIVERY_LIMIT_MS);
    const [growths, otherGrowths] = [COMPARED, TOLD].map((columns) =>
      columns.map((column) => growthOf(this.samples, column, lengthS)),
    ) as [Growth[], Growth[]];
    const checks = checksOf({
      balance,
      growths,
      sentShare,
      feedFailures: audience.failures,
      requestFailures: requests.failures,
      problems: [...this.problems, ...stage.problems, ...replica.problems],
    });
    return {
      lengthS,
      samples: this.samples,
      faults: this.marks,
      growths,
      otherGrowths,
      checks,
      counts: {
        sent: balance.sent,
        stored: balance.stored,
        rejected: balance.rejected + balance.notKept,
        node_sockets_opened: records.reduce((sum, { sockets }) => sum + sockets.length, 0),
        feed_sockets_opened: audience.opened,
        feed_sockets_given_up: audience.dropped,
        requests_answered: requests.answered,
        requests_refused_in_outages: requests.refused,
        slowest_response_ms: Math.round(requests.slowest),
        faults: this.marks.length,
        rss_peak_mib: Math.round(replica.run.peakMib ?? NaN),
      },
    };
  }

  private async sample({ replica, link }: SoakStage, signal: AbortSignal): Promise<void> {
    const { sampleMs } = this.options;
    const sampler = new Sampler(replica, () => link.connections);
    // From this one the rates of the next are counted.
    await sampler.take(0);
    // One that comes late puts off the next: rates over a moment say nothing.
    for (let next = sampleMs; ; next = Math.max(next + sampleMs, this.seconds * 1000)) {
      await sleep(this.startedAt + next - performance.now(), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const { exitCode, signalCode } = replica.process.child;
      if (exitCode !== null || signalCode !== null) {
        throw new Error(`The server has ended:\n${replica.lastLines()}`);
      }
      try {
        this.samples.push(await sampler.take(this.seconds));
      } catch (error) {
        this.problems.push(`no metrics ${this.seconds.toFixed(0)} s after the beginning: ${String(error)}`);
      }
    }
  }

  private async playFaults(stage: SoakStage, signal: AbortSignal): Promise<void> {
    const { seed, lengthS, faultGapMs: gapMs, longestMs } = this.options;
    for (const fault of drawFaults({ seed, lengthMs: lengthS * 1000, gapMs, longestMs })) {
      const wait = this.startedAt + fault.at - performance.now();
      await sleep(Math.max(0, wait), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const mark = { name: fault.kind, from: this.seconds, to: NaN };
      this.say(fault.kind);
      await (isSeenByReaders(fault)
        ? this.outages.during(() => playFault(stage, fault))
        : playFault(stage, fault));
      mark.to = this.seconds;
      this.marks.push(mark);
    }
  }

  private get seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }

  private say(line: string): void {
    this.print(`${this.seconds.toFixed(1).padStart(7)} s  ${line}`);
  }
}

/** A connection that is cut while it writes is none of those that read. */
function isSeenByReaders(fault: Fault): boolean {
  return isDatabaseFault(fault) && !fault.kind.startsWith('link cut');
}
