import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';

export const answerMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_http_answer_streams',
    help: 'Responses that hold a database connection while their clients read them.',
  }),
  makeGaugeProvider({
    name: 'tetcore_http_answer_buffered_bytes',
    help: 'Bytes of responses that are buffered until their clients read them.',
  }),
  makeCounterProvider({
    name: 'tetcore_http_answers_refused_total',
    help: 'Requests rejected with 503 because too many other responses were in progress, by reason.',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_http_answers_cut_total',
    help: 'Responses that were aborted because their clients did not read them in time, by reason.',
    labelNames: ['reason'],
  }),
];

/**
 * `streams`: all places of streams are taken. `streams_of_address`: those of the address. `memory`: those, and the memory
 * for answers that are not taken yet. `memory_of_address`: the same, but that of the address. `waiting`: too many
 * requests wait for a connection, or for the answers before them.
 */
export type AnswerRefusal = 'streams' | 'streams_of_address' | 'memory' | 'memory_of_address' | 'waiting';

/**
 * `stalled`: the client took nothing. `slow`: too little. `too_long`: not all within the time of an answer. `evicted`:
 * another request needed its place, and it took nothing or little, or its address had more than the other.
 */
export type AnswerCut = 'stalled' | 'slow' | 'too_long' | 'evicted';

/** Counts what became of answers with rows. */
@Injectable()
export class AnswerMetrics {
  constructor(
    @InjectMetric('tetcore_http_answer_streams') private readonly streams: Gauge,
    @InjectMetric('tetcore_http_answer_buffered_bytes') private readonly buffered: Gauge,
    @InjectMetric('tetcore_http_answers_refused_total') private readonly refusals: Counter,
    @InjectMetric('tetcore_http_answers_cut_total') private readonly cuts: Counter,
  ) {}

  /** Has gauges read their values when they are collected. */
  watch(streams: () => number, bufferedBytes: () => number): void {
    Object.assign(this.streams, { collect: () => this.streams.set(streams()) });
    Object.assign(this.buffered, { collect: () => this.buffered.set(bufferedBytes()) });
  }

  refused(reason: AnswerRefusal): void {
    this.refusals.inc({ reason });
  }

  cut(reason: AnswerCut): void {
    this.cuts.inc({ reason });
  }
}
