import type { ApiSchema } from '../shared/api.js';
import type { Run } from './run.js';

type Event = ApiSchema<'BenchmarkEvent'>;

/** Closed time range. RFC 3339, UTC, microseconds; sorts as text. */
export interface TimeRange {
  start: string;
  end: string;
}

/**
 * The start and end of a run, as in `GET /benchmarks/{id}/profile`.
 *
 * @param events oldest first
 */
export function timesOf(
  run: Pick<Run, 'created_at' | 'ts_start' | 'ts_end'>,
  events: readonly Event[],
  now: string,
): TimeRange {
  const latestPhases = new Map(events.map(({ name, phase }) => [name, phase]));
  const isRunning = latestPhases.size === 0 || [...latestPhases.values()].includes('start');
  return {
    start: run.ts_start ?? events[0]?.created_at ?? run.created_at,
    end: run.ts_end ?? (isRunning ? now : (events.at(-1)?.created_at ?? now)),
  };
}

/**
 * Pairs each start with the next end, or with the run's end. Merges overlapping ranges.
 *
 * @param events oldest first
 */
export function timeRangesOf(event: string, events: readonly Event[], runEnd: string): TimeRange[] {
  const own = events.filter(({ name }) => name === event);
  const timeRanges: TimeRange[] = [];
  own.forEach(({ phase, created_at: start }, at) => {
    if (phase !== 'start') return;
    const next = own.slice(at).find((later) => later.phase === 'end')?.created_at ?? runEnd;
    const end = next < start ? start : next;
    const last = timeRanges.at(-1);
    if (last !== undefined && start <= last.end) last.end = end > last.end ? end : last.end;
    else timeRanges.push({ start, end });
  });
  return timeRanges;
}

/** The format of the server: RFC 3339, UTC, microseconds. */
export function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
}
