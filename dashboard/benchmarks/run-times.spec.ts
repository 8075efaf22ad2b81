import { describe, expect, it } from 'vitest';
import { readRun } from './run.js';
import { timeRangesOf, timesOf, timeText } from './run-times.js';

const ts = (minute: number): string => timeText(Date.UTC(2026, 0, 2, 3, minute));
const event = (name: string, phase: 'start' | 'end', minute: number) => ({
  id: minute,
  benchmark_id: 1,
  name,
  phase,
  created_at: ts(minute),
});
const NOW = ts(59);

describe('timesOf', () => {
  it('returns the times of the run', () => {
    const run = { created_at: ts(0), ts_start: ts(1), ts_end: ts(2) };
    expect(timesOf(run, [event('a', 'start', 30)], NOW)).toEqual({ start: ts(1), end: ts(2) });
  });

  it('uses the events of a run without times, and now while an event is running or without events', () => {
    const run = { created_at: ts(5), ts_start: null, ts_end: null };
    expect(timesOf(run, [], NOW)).toEqual({ start: ts(5), end: NOW });
    const ended = [
      event('a', 'start', 1),
      event('b', 'start', 2),
      event('b', 'end', 3),
      event('a', 'end', 4),
    ];
    expect(timesOf(run, ended, NOW)).toEqual({ start: ts(1), end: ts(4) });
    expect(timesOf(run, [...ended, event('b', 'start', 6)], NOW)).toEqual({ start: ts(1), end: NOW });
  });
});

describe('timeRangesOf', () => {
  it('pairs each start with the next end, or with the end of the run', () => {
    const events = [
      event('a', 'end', 1),
      event('a', 'start', 2),
      event('b', 'start', 3),
      event('a', 'start', 4),
      event('a', 'end', 5),
      event('a', 'end', 6),
      event('a', 'start', 7),
    ];
    expect(timeRangesOf('a', events, ts(9))).toEqual([
      { start: ts(2), end: ts(5) },
      { start: ts(7), end: ts(9) },
    ]);
    expect(timeRangesOf('b', events, ts(2))).toEqual([{ start: ts(3), end: ts(3) }]);
    expect(timeRangesOf('none', events, ts(9))).toEqual([]);
  });
});

describe('readRun', () => {
  const run = (fields: string): string => `{"id":7,"host_system_id":2,"chain_spec":null,${fields}}`;

  it('takes the node from the setup, or else from the spec', () => {
    const specOf = (peerId: string): string => `{"substrate":{"peerId":${peerId}}}`;
    expect(readRun(run(`"setup":${specOf('"a"')},"benchmark_spec":${specOf('"b"')}`)).peerId).toBe('a');
    expect(readRun(run(`"setup":${specOf('1')},"benchmark_spec":${specOf('"b"')}`)).peerId).toBe('b');
    expect(readRun(run('"setup":{"tetcore":{"peerId":"c"}},"benchmark_spec":null')).peerId).toBe('c');
    expect(readRun(run('"setup":{"substrate":[]},"benchmark_spec":null'))).toMatchObject({
      id: 7,
      host_system_id: 2,
      peerId: '',
    });
  });
});
