import type { ApiSchema } from '../shared/api.js';
import type { Run } from './run.js';

type Event = ApiSchema<'BenchmarkEvent'>;

/** From a time to another, both included: RFC 3339 in UTC with microseconds, which sort as texts. */
export interface Stretch {
  start: string;
  end: string;
}

/**
 * When a run begins and ends, as `GET /benchmarks/{id}/profile` has it.
 *
 * @param events oldest first
 */
export function timesOf(
  run: Pick<Run, 'created_at' | 'ts_start' | 'ts_end'>,
  events: readonly Event[],
  now: string,
): Stretch {
  const newest = new Map(events.map(({ name, phase }) => [name, phase]));
  const goesOn = newest.size === 0 || [...newest.values()].includes('start');
  return {
    start: run.ts_start ?? events[0]?.created_at ?? run.created_at,
    end: run.ts_end ?? (goesOn ? now : (events.at(-1)?.created_at ?? now)),
  };
}

/**
 * From each start of an event to the end that comes next, or to the end of the run where none comes. What overlaps is
 * joined.
 *
 * @param events oldest first
 */
export function timeRangesOf(event: string, events: readonly Event[], runEnd: string): Stretch[] {
  const own = events.filter(({ name }) => name === event);
  const timeRanges: Stretch[] = [];
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

/** As the server writes a time: in UTC, with microseconds. */
export function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
}
