import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import type { Series } from '../shared/series.js';
import { ChartData } from './chart-data.js';
import { type ChartDefinition, CHARTS } from './interval-charts.js';

/** Messages a request. The first page is small, so that something is there soon. */
const FIRST_PAGE = 500;
const PAGE = 5000;

export interface History {
  charts: { definition: ChartDefinition; series: Series }[];
  /** Messages that were read. */
  count: number;
  state: 'loading' | 'done' | 'failed';
  error: Error | undefined;
  /** After an error: goes on where it stopped. */
  goOn: () => void;
}

type Shown = Omit<History, 'goOn'>;

const NOTHING: Shown = { charts: [], count: 0, state: 'loading', error: undefined };

/** The reports of a node between two times: milliseconds since the epoch. */
export function useHistory(
  peerId: string,
  chain: string | undefined,
  { start, end }: { start: number; end: number },
): History {
  const [shown, setShown] = useState(NOTHING);
  const run = useRef<() => void>(() => undefined);
  useEffect(() => {
    const abort = new AbortController();
    const reader = new HistoryReader(peerId, chain, start, end, abort.signal);
    run.current = () => {
      void reader.run((next) => {
        if (!abort.signal.aborted) setShown(next);
      });
    };
    setShown(NOTHING);
    run.current();
    return () => abort.abort();
  }, [peerId, chain, start, end]);
  return { ...shown, goOn: useCallback(() => run.current(), []) };
}

/** Reads page after page, newest first, and remembers where it stands. */
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

  async run(onNews: (shown: Shown) => void): Promise<void> {
    try {
      for (let more = true; more;) {
        onNews(this.shown('loading'));
        more = await this.page();
      }
      onNews(this.shown('done'));
    } catch (error) {
      onNews(this.shown('failed', error as Error));
    }
  }

  /** @returns whether there may be more */
  private async page(): Promise<boolean> {
    const limit = this.count === 0 ? FIRST_PAGE : PAGE;
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

  private shown(state: Shown['state'], error?: Error): Shown {
    const filled = this.charts.filter((chart) => !chart.isEmpty);
    const charts = filled.map((chart) => ({ definition: chart.definition, series: chart.series() }));
    return { charts, count: this.count, state, error };
  }
}
