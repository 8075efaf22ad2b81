import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import type { Series } from '../shared/series.js';
import { ChartData } from './chart-data.js';
import { type ChartDefinition, CHARTS } from './interval-charts.js';

/** Messages per request. The first page is small, so that it arrives soon. */
const FIRST_PAGE_SIZE = 500;
const PAGE_SIZE = 5000;

export interface History {
  charts: { definition: ChartDefinition; series: Series }[];
  /** Number of loaded messages. */
  count: number;
  state: 'loading' | 'done' | 'failed';
  error: Error | undefined;
  /** Continues after an error. */
  retry: () => void;
}

type HistoryState = Omit<History, 'retry'>;

const INITIAL: HistoryState = { charts: [], count: 0, state: 'loading', error: undefined };

/** The charts of a node between two times: milliseconds since the epoch. */
export function useHistory(
  peerId: string,
  chain: string | undefined,
  { start, end }: { start: number; end: number },
): History {
  const [history, setHistory] = useState(INITIAL);
  const run = useRef<() => void>(() => undefined);
  useEffect(() => {
    const abort = new AbortController();
    const reader = new HistoryReader(peerId, chain, start, end, abort.signal);
    run.current = () => {
      void reader.run((next) => {
        if (!abort.signal.aborted) setHistory(next);
      });
    };
    setHistory(INITIAL);
    run.current();
    return () => abort.abort();
  }, [peerId, chain, start, end]);
  return { ...history, retry: useCallback(() => run.current(), []) };
}

/** Loads pages, newest first. A second run continues after an error. */
class HistoryReader {
  private readonly charts = CHARTS.map((definition) => new ChartData(definition));
  private cursor: string | undefined;
  private count = 0;

  constructor(
    private readonly peerId: string,
    private readonly chain: string | undefined,
    private readonly start: number,
    private readonly end: number,
    private readonly signal: AbortSignal,
  ) {}

  async run(onChange: (state: HistoryState) => void): Promise<void> {
    try {
      for (let more = true; more;) {
        onChange(this.state('loading'));
        more = await this.loadPage();
      }
      onChange(this.state('done'));
    } catch (error) {
      onChange(this.state('failed', error as Error));
    }
  }

  /** @returns whether there may be more pages */
  private async loadPage(): Promise<boolean> {
    const limit = this.count === 0 ? FIRST_PAGE_SIZE : PAGE_SIZE;
    const query = {
      peer_id: this.peerId,
      msg: 'system.interval',
      start_time: new Date(this.start).toISOString(),
      end_time: new Date(this.end).toISOString(),
      limit,
      ...(this.chain !== undefined && { chain: this.chain }),
      ...(this.cursor !== undefined && { cursor: this.cursor }),
    };
    const rows = await responseData(api.GET('/nodes/logs', { params: { query }, signal: this.signal }));
    for (const { created_at, logs } of rows) {
      for (const chart of this.charts) chart.add(Date.parse(created_at) / 1000, logs);
    }
    this.count += rows.length;
    this.cursor = rows.at(-1)?.cursor ?? this.cursor;
    return rows.length === limit;
  }

  private state(state: HistoryState['state'], error?: Error): HistoryState {
    const filled = this.charts.filter((chart) => !chart.isEmpty);
    const charts = filled.map((chart) => ({ definition: chart.definition, series: chart.series() }));
    return { charts, count: this.count, state, error };
  }
}
