import type { JSX } from 'preact';
import { Chart } from '../shared/chart.js';
import { formatCount } from '../shared/format.js';
import { Empty, Failed, Loading } from '../shared/states.js';
import { useHistory } from './use-history.js';

interface HistoryProps {
  peerId: string;
  chain: string | undefined;
  /** Milliseconds since the epoch. */
  bounds: { start: number; end: number };
}

/** The charts of a node. They fill from the right while older messages are loading. */
export function History({ peerId, chain, bounds }: HistoryProps): JSX.Element {
  const { charts, count, state, error, retry } = useHistory(peerId, chain, bounds);
  const range = { start: bounds.start / 1000, end: bounds.end / 1000 };
  return (
    <section aria-labelledby="history">
      <h2 id="history">History</h2>
      {state === 'loading' && (
        <Loading what={count === 0 ? 'history' : `history, ${formatCount(count)} messages so far`} />
      )}
      {error !== undefined && <Failed error={error} retry={retry} />}
      {state === 'done' && charts.length === 0 && (
        <Empty title="No system.interval messages in this time range.">
          <p>Choose a longer time range. Nodes send this message every five seconds at every verbosity.</p>
        </Empty>
      )}
      <div class="charts">
        {charts.map(({ definition, series }) => (
          <Chart
            key={definition.title}
            title={definition.title}
            labels={definition.labels}
            data={series}
            format={definition.format}
            range={range}
            sync="history"
            {...(definition.fromZero !== undefined && { fromZero: definition.fromZero })}
          />
        ))}
      </div>
    </section>
  );
}
