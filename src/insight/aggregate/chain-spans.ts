import { MINUTE_US, minuteOf, type Observation } from './observation.js';
import { NodeProgress, type NodeSpan, type NodeSpanKind } from './node-progress.js';
import type { ObserverGaps } from './observer-gaps.js';
import { ReachedList } from './reached-list.js';
import { type Rise, Rises, RISES_KEPT_US } from './rises.js';
import { TwoHighest } from './two-highest.js';

/** A chain that has no new block for so many usual block times is halted. */
const HALT_BLOCKS = 5;
/** Finality that does not rise for so long has stalled, if blocks still come: or for as many block times. */
const STALL_US = MINUTE_US;

/** A time in which a node was stuck or behind, or a chain had no new blocks or no new final ones. */
export interface Span extends Omit<NodeSpan, 'kind'> {
  chain: number;
  /** Null for the chain. */
  node: number | null;
  kind: NodeSpanKind | 'halt' | 'finality_stall';
}

type ChainSpanKind = Exclude<Span['kind'], NodeSpanKind>;

/** Finds what went on for longer than a minute: in closed minutes, one after the other. */
export class ChainSpans {
  /** What nodes reported in minutes that are not closed yet. */
  private readonly reported = new Map<number, ReachedList>();
  private readonly nodes = new Map<number, NodeProgress>();
  private readonly heights = new Rises();
  /** The second highest final height of the nodes, so that a single one cannot set it. */
  private readonly finalHeights = new Rises();
  private readonly open = new Map<ChainSpanKind, Omit<Span, 'endedAt'>>();
  /** Minutes since the last block in which no node was connected. */
  private silent: number[] = [];

  constructor(
    readonly chain: number,
    private readonly gaps: ObserverGaps,
  ) {}

  add({ source: { node }, receivedAt, report }: Observation): void {
    if (report === null || report.kind === 'benchmark') return;
    const minute = minuteOf(receivedAt);
    const reached = this.reported.get(minute) ?? new ReachedList();
    this.reported.set(minute, reached);
    reached.add(node, {
      at: receivedAt,
      best: report.kind === 'finalized' ? null : report.height,
      finalized:
        report.kind === 'finalized' ? report.height : report.kind === 'state' ? report.finalizedHeight : null,
    });
  }

  /**
   * Continues where an earlier process ended.
   *
   * @param minute the first minute that is not closed; what was added of earlier ones says how far nodes were
   * @param heights the last ones of the chain before
   * @param spans those that were open then
   */
  continueAt(minute: number, heights: Iterable<Rise>, spans: Iterable<Span>): void {
    for (const rise of heights) this.heights.add(rise);
    for (const earlier of [...this.reported.keys()].sort((one, other) => one - other))
      if (earlier < minute) this.closeMinute(earlier, []);
    this.open.clear();
    for (const progress of this.nodes.values()) progress.forgetOpen();
    for (const span of spans) {
      const { node, kind } = span;
      if (node === null) this.open.set(kind as ChainSpanKind, span);
      else this.progressOf(node).continues({ ...span, kind: kind as NodeSpanKind });
    }
  }

  /**
   * Ends a minute. Minutes must follow each other.
   *
   * @param heights the blocks that count and were first seen in it
   * @returns the spans that began or ended, as far as they were not returned before; a span that ends has the same begin
   */
  closeMinute(minute: number, heights: readonly Rise[]): Span[] {
    const reported = this.reported.get(minute);
    this.reported.delete(minute);
    const end = minute + MINUTE_US;
    const spans = reported === undefined ? this.unheard(minute) : this.riseTo(heights, end);
    if (reported !== undefined) {
      spans.push(...this.finalizedBy(reported, end));
      for (const { node, ...reached } of reported.inOrder())
        this.push(spans, node, this.progressOf(node).reached(reached));
    }
    for (const [node, progress] of this.nodes) {
      this.push(spans, node, progress.lastAt < minute ? progress.left() : progress.current());
      if (progress.lastAt < minute) this.nodes.delete(node);
    }
    this.heights.forget(end - RISES_KEPT_US);
    this.finalHeights.forget(end - RISES_KEPT_US);
    this.silent = this.silent.filter((one) => one >= (this.heights.last?.at ?? end) - MINUTE_US);
    return spans;
  }

  get isEmpty(): boolean {
    return this.reported.size === 0 && this.nodes.size === 0 && this.open.size === 0;
  }

  private progressOf(node: number): NodeProgress {
    const known = this.nodes.get(node);
    if (known !== undefined) return known;
    const progress = new NodeProgress(this.heights, this.finalHeights);
    this.nodes.set(node, progress);
    return progress;
  }

  private push(into: Span[], node: number, spans: readonly NodeSpan[]): void {
    for (const span of spans) into.push({ chain: this.chain, node, ...span });
  }

  /** No node of the chain is connected: what it does is not known. */
  private unheard(minute: number): Span[] {
    if (this.gaps.within(minute, minute + MINUTE_US) === 0) this.silent.push(minute);
    return [...this.open.keys()].flatMap((kind) => this.ends(kind, undefined, minute));
  }

  /** For how long of a time range nothing of the chain was received: microseconds. */
  private blind(from: number, to: number): number {
    const silent = this.silent.filter((minute) => minute < to && minute + MINUTE_US > from);
    return this.gaps.within(from, to) + silent.length * MINUTE_US;
  }

  private riseTo(heights: readonly Rise[], end: number): Span[] {
    const spans: Span[] = [];
    const ordered = [...heights].sort((one, other) => one.at - other.at || one.height - other.height);
    for (const rise of ordered) {
      const { last } = this.heights;
      const halt = this.haltUntil(rise.at);
      if (this.heights.add(rise) && last !== undefined) spans.push(...this.ends('halt', halt, rise.at));
    }
    return [...spans, ...this.begins('halt', this.haltUntil(end))];
  }

  /** The halt since the last block, if there was none until a time. */
  private haltUntil(at: number): Rise | undefined {
    const { last } = this.heights;
    const usual = this.heights.usualTime(at);
    if (last === undefined || usual === undefined) return undefined;
    return at - last.at - this.blind(last.at, at) > HALT_BLOCKS * usual ? last : undefined;
  }

  private finalizedBy(reported: ReachedList, end: number): Span[] {
    const spans: Span[] = [];
    const highest = new TwoHighest();
    for (const [node, { finalizedHeight }] of this.nodes) highest.rise(node, finalizedHeight ?? -1);
    for (const { node, at, finalized } of reported.inOrder()) {
      if (finalized === null) continue;
      const second = highest.rise(node, finalized);
      if (second === undefined || finalized <= (this.finalHeights.last?.height ?? -1)) continue;
      const stall = this.stallUntil(at);
      const isFirst = this.finalHeights.last === undefined;
      if (second >= 0 && this.finalHeights.add({ height: second, at }) && !isFirst)
        spans.push(...this.ends('finality_stall', stall, at));
    }
    return [...spans, ...this.begins('finality_stall', this.stallUntil(end))];
  }

  /** The stall since finality last rose, if blocks came for long enough since then, until a time. */
  private stallUntil(at: number): Rise | undefined {
    const { last } = this.finalHeights;
    if (last === undefined) return undefined;
    const usual = this.heights.usualTime(at);
    const least = Math.max(STALL_US, HALT_BLOCKS * (usual ?? 0));
    let [sum, before] = [0, last.at];
    for (const rise of this.heights.between(last.at, at)) {
      // In a halt there is nothing that could become final.
      sum += Math.min(rise.at - before, HALT_BLOCKS * (usual ?? Infinity));
      before = rise.at;
      if (sum - this.blind(last.at, rise.at) >= least) return last;
    }
    return undefined;
  }

  private begins(kind: ChainSpanKind, since: Rise | undefined): Span[] {
    if (since === undefined || this.open.has(kind)) return [];
    const span = { chain: this.chain, node: null, kind, beganAt: since.at, height: since.height };
    this.open.set(kind, span);
    return [{ ...span, endedAt: null }];
  }

  private ends(kind: ChainSpanKind, since: Rise | undefined, at: number): Span[] {
    const begun = this.begins(kind, since);
    const span = this.open.get(kind) ?? begun[0];
    this.open.delete(kind);
    return span === undefined ? [] : [{ ...span, endedAt: at }];
  }
}
