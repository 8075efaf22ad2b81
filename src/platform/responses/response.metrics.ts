import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';

export const responseMetricProviders = [
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
 * `streams`: no stream slot is free. `streams_of_address`: the address has as many streams as it may have. `memory`: no
 * stream slot is free and the response memory is full. `memory_of_address`: the same for the share of the address.
 * `waiting`: too many requests wait for a database connection, or for earlier responses on their connection.
 */
export type ResponseRejection = 'streams' | 'streams_of_address' | 'memory' | 'memory_of_address' | 'waiting';

/**
 * `stalled`: the client read nothing. `slow`: it read too little. `too_long`: the response exceeded its maximum duration.
 * `evicted`: another request needed its resources, and the client was slow or its address had more than the other.
 */
export type ResponseAbort = 'stalled' | 'slow' | 'too_long' | 'evicted';

/** Counts rejected and aborted responses. */
@Injectable()
export class ResponseMetrics {
  constructor(
    @InjectMetric('tetcore_http_answer_streams') private readonly streams: Gauge,
    @InjectMetric('tetcore_http_answer_buffered_bytes') private readonly buffered: Gauge,
    @InjectMetric('tetcore_http_answers_refused_total') private readonly rejections: Counter,
    @InjectMetric('tetcore_http_answers_cut_total') private readonly aborts: Counter,
  ) {}

  /** Sets the gauges whenever metrics are collected. */
  watch(streams: () => number, bufferedBytes: () => number): void {
    Object.assign(this.streams, { collect: () => this.streams.set(streams()) });
    Object.assign(this.buffered, { collect: () => this.buffered.set(bufferedBytes()) });
  }

  rejected(reason: ResponseRejection): void {
    this.rejections.inc({ reason });
  }

  aborted(reason: ResponseAbort): void {
    this.aborts.inc({ reason });
  }
}
