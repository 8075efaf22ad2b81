import { type BlockStats, ChainBlocks } from './chain-blocks.js';
import { ChainFinality, type FinalHeight, type WaitingBlock } from './chain-finality.js';
import { type ChainMinute, chainMinutes } from './chain-minutes.js';
import { ChainSpans, type Span } from './chain-spans.js';
import { ChainStates } from './chain-states.js';
import { NodeClocks } from './node-clocks.js';
import type { NodeHour } from './node-hour-table.js';
import { NodeHours } from './node-hours.js';
import { type Benchmark, NodeReports } from './node-reports.js';
import { minuteOf, MINUTE_US, type Observation } from './observation.js';
import { ObserverGaps } from './observer-gaps.js';
import { peerBands } from './peer-bands.js';
import type { Rise } from './rises.js';

/** Earlier messages that the results of a minute depend on: clocks of nodes, and blocks of the heights before. */
export const CONTEXT_US = 12 * MINUTE_US;

/** What is known of the minutes of a time range. */
export interface Results {
  blocks: BlockStats[];
  /** Those of the blocks that may differ from what earlier results had. */
  changedBlocks: BlockStats[];
  finalHeights: FinalHeight[];
  minutes: ChainMinute[];
}

interface Chain {
  blocks: ChainBlocks;
  finality: ChainFinality;
  spans: ChainSpans;
  states: ChainStates;
  reports: NodeReports;
  hours: NodeHours;
}

/** The nodes of a chain in an hour, as far as its minutes are closed. */
export interface ChainHour {
  chain: number;
  /** Start of the hour: microseconds since the epoch. */
  hour: number;
  nodes: NodeHour[];
}

/** A benchmark of the machine of a node. */
export interface NodeBenchmark extends Benchmark {
  chain: number;
  node: number;
}

/**
 * Turns messages into statistics of chains, blocks and nodes. The results of a minute depend only on the messages of
 * that minute, of those after it that were added, and of {@link CONTEXT_US} before it: not on their order, nor on when
 * or how often they were added. So a server that ends and starts again gets the same results, and so does a rebuild.
 */
export class Aggregation {
  /** Nodes are not expected where their server did not receive data. */
  readonly gaps = new ObserverGaps();
  private readonly clocks = new NodeClocks();
  private readonly chains = new Map<number, Chain>();
  private closedUntil = -Infinity;

  add(observation: Observation): void {
    this.gaps.heard(observation.source.collector, observation.receivedAt);
    // It would be forgotten by now.
    if (observation.receivedAt < this.closedUntil - CONTEXT_US) return;
    this.clocks.add(observation);
    const chain = this.chainOf(observation.source.chain);
    chain.blocks.add(observation);
    chain.finality.add(observation);
    chain.spans.add(observation);
    chain.states.add(observation);
    if (observation.receivedAt >= this.closedUntil) chain.reports.add(observation);
  }

  /**
   * Begins with the minute of a time, before any message is added.
   *
   * @param hours what is known of the nodes in the hour of that minute, up to it
   * @param maxima the largest number of peers of nodes in earlier hours, by chain, hour and node
   */
  begin(
    from: number,
    hours: Iterable<ChainHour> = [],
    maxima: Iterable<{ chain: number; hour: number; peers: ReadonlyMap<number, number> }> = [],
  ): void {
    this.closedUntil = from;
    this.clocks.close(from);
    for (const { chain, hour, nodes } of hours) this.chainOf(chain).hours.restore(hour, nodes);
    for (const { chain, hour, peers } of maxima) this.chainOf(chain).hours.restoreMaxima(hour, peers);
  }

  /** Waits for the finality of blocks that were stored before. */
  waitFor(chain: number, blocks: Iterable<WaitingBlock>): void {
    this.chainOf(chain).finality.waitFor(blocks);
  }

  /**
   * The results of the minutes that begin in a time range: microseconds since the epoch.
   *
   * @param openFrom minutes from then on are not about to be closed: of a block of theirs that no node was added to, the
   *   last results are good enough
   */
  results(from: number, to: number, openFrom = to): Results {
    const results: Results = { blocks: [], changedBlocks: [], finalHeights: [], minutes: [] };
    for (const [id, { blocks, finality, states, reports, hours }] of this.chains) {
      const isFinal = (height: number, hash: string, before: number): boolean =>
        finality.isFinalized(height, hash, before);
      finality.refresh();
      const { blocks: found, computed } = blocks.stats(from, to, openFrom, isFinal);
      finality.waitFor(found);
      const finalHeights = finality.finalHeights(from, to);
      results.blocks.push(...found);
      results.changedBlocks.push(...computed);
      results.finalHeights.push(...finalHeights);
      results.minutes.push(
        ...chainMinutes(id, {
          states: states.stats(from, to),
          peers: peerBands(reports, hours, from, to),
          blocks: found,
          firstSeenOf: (height) => blocks.firstSeenOf(height),
          finalHeights,
        }),
      );
    }
    return results;
  }

  /**
   * Adds the minutes of a time range to the hours of nodes. Each minute is added once, in order, when it is about to be
   * closed.
   *
   * @param results those of these minutes
   */
  addToHours(from: number, to: number, { blocks, minutes }: Results): void {
    for (const [id, { blocks: imports, reports, hours }] of this.chains) {
      const found = blocks.filter(({ chain }) => chain === id);
      const best = new Map(minutes.flatMap((one) => (one.chain === id ? [[one.minute, one.best]] : [])));
      const active = new Set([
        ...reports.minutes(from, to),
        ...found.map(({ firstSeenAt }) => minuteOf(firstSeenAt)).filter((at) => at >= from && at < to),
      ]);
      for (const minute of [...active].sort((one, other) => one - other)) {
        hours.add({
          minute,
          reports: reports.in(minute),
          imports: imports.importsIn(minute),
          best: best.get(minute) ?? null,
          blocks: found,
        });
      }
    }
  }

  /** The last benchmark that each node sent in each minute of a time range. */
  benchmarks(from: number, to: number): NodeBenchmark[] {
    return [...this.chains].flatMap(([chain, { reports }]) =>
      reports
        .minutes(from, to)
        .flatMap((minute) =>
          [...reports.in(minute)].flatMap(([node, { benchmark }]) =>
            benchmark === undefined ? [] : [{ chain, node, ...benchmark }],
          ),
        ),
    );
  }

  /** The nodes of all chains in an hour, until it is closed. */
  hours(hour: number): ChainHour[] {
    return [...this.chains]
      .map(([chain, { hours }]) => ({ chain, hour, nodes: hours.rows(hour) }))
      .filter(({ nodes }) => nodes.length > 0);
  }

  /** The heights of blocks that results had, and that became final in a time range. */
  finalHeights(from: number, to: number): FinalHeight[] {
    return [...this.chains.values()].flatMap(({ finality }) => finality.finalHeights(from, to));
  }

  /**
   * Continues the spans of chains where an earlier process ended.
   *
   * @param minute the first one that is not closed. The context of it must be added.
   * @param heights of the last blocks of chains before
   * @param spans those that were open then
   */
  continueSpans(
    minute: number,
    heights: readonly (Rise & { chain: number })[],
    spans: readonly Span[],
  ): void {
    for (const { chain } of [...heights, ...spans]) this.chainOf(chain);
    for (const [id, chain] of this.chains) {
      const isOwn = (one: { chain: number }): boolean => one.chain === id;
      chain.spans.continueAt(minute, heights.filter(isOwn), spans.filter(isOwn));
    }
  }

  /**
   * The spans that began or ended in the minutes of a time range, which must follow the ones of the last call.
   *
   * @param blocks those of the range, by {@link results}
   */
  closeSpans(from: number, to: number, blocks: readonly BlockStats[]): Span[] {
    const rises = new Map<string, Rise[]>();
    for (const { chain, height, firstSeenAt: at } of blocks) {
      const key = `${chain.toString()}/${minuteOf(at).toString()}`;
      rises.set(key, [...(rises.get(key) ?? []), { height, at }]);
    }
    const spans: Span[] = [];
    for (const [id, chain] of this.chains) {
      for (let minute = from; minute < to; minute += MINUTE_US)
        spans.push(
          ...chain.spans.closeMinute(minute, rises.get(`${id.toString()}/${minute.toString()}`) ?? []),
        );
    }
    return spans;
  }

  /** Ends the minutes before a time: their results are not asked for again. */
  close(before: number): void {
    this.closedUntil = before;
    for (const [id, chain] of this.chains) {
      chain.finality.settle(before);
      chain.finality.forget(before - CONTEXT_US);
      chain.blocks.forget(before - CONTEXT_US);
      chain.states.forget(before);
      chain.reports.forget(before);
      chain.hours.close(before);
      const parts = [chain.blocks, chain.finality, chain.spans, chain.states, chain.reports, chain.hours];
      if (parts.every(({ isEmpty }) => isEmpty)) this.chains.delete(id);
    }
    this.clocks.close(before);
    this.clocks.forget(before - CONTEXT_US);
  }

  private chainOf(id: number): Chain {
    const known = this.chains.get(id);
    if (known !== undefined) return known;
    const chain = {
      blocks: new ChainBlocks(id, this.clocks, this.gaps),
      finality: new ChainFinality(id, this.clocks),
      spans: new ChainSpans(id, this.gaps),
      states: new ChainStates(id),
      reports: new NodeReports(),
      hours: new NodeHours(this.clocks),
    };
    this.chains.set(id, chain);
    return chain;
  }
}
