import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatCount, formatSpan } from '../shared/format.js';
import type { NodeStore } from './node-store.js';
import { useSecond } from './hooks.js';

const NONE = '–';

/** Summary of a chain, with the time since the last block. */
export function NetworkSummary({ store }: { store: NodeStore }): JSX.Element {
  const [header, setHeader] = useState(store.header);
  useEffect(() => {
    setHeader(store.header);
    return store.onChange(() => setHeader(store.header));
  }, [store]);
  useSecond();
  const { best_height, best_hash, finalized_height, finalized_hash, average_block_time_ms: average } = header;
  const last = header.last_block_at;
  const isCut = header.shown_count < header.node_count;
  return (
    <dl class="summary">
      <Figure
        label={header.single_source ? 'Best block (one node)' : 'Best block'}
        title={header.single_source ? 'Only one node reports heights: they are unconfirmed.' : best_hash}
      >
        {best_height === null ? NONE : `#${formatCount(best_height)}`}
      </Figure>
      <Figure label="Finalized block" title={finalized_hash}>
        {finalized_height === null ? NONE : `#${formatCount(finalized_height)}`}
      </Figure>
      <Figure label="Average block time">
        {average === null ? NONE : `${formatCount(average / 1000)}\u00a0s`}
      </Figure>
      <Figure label="Last block" title={last}>
        {last === null ? NONE : `${formatSpan(Math.max(0, store.now() - Date.parse(last)))} ago`}
      </Figure>
      <Figure
        label="Nodes"
        {...(isCut && { title: 'The table shows the nodes that have been connected longest.' })}
      >
        {isCut
          ? `${formatCount(header.node_count)}, ${formatCount(header.shown_count)} shown`
          : formatCount(header.node_count)}
      </Figure>
      <Figure label="Validators">{formatCount(header.validator_count)}</Figure>
    </dl>
  );
}

interface FigureProps {
  label: string;
  title?: string | null;
  children: string;
}

function Figure({ label, title, children }: FigureProps): JSX.Element {
  return (
    <div {...(title && { title })}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
