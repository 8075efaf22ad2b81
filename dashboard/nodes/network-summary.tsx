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
  const isTruncated = header.shown_count < header.node_count;
  return (
    <dl class="summary">
      <Stat
        label={header.single_source ? 'Best block (one node)' : 'Best block'}
        title={header.single_source ? 'Only one node reports heights: they are unconfirmed.' : best_hash}
      >
        {best_height === null ? NONE : `#${formatCount(best_height)}`}
      </Stat>
      <Stat label="Finalized block" title={finalized_hash}>
        {finalized_height === null ? NONE : `#${formatCount(finalized_height)}`}
      </Stat>
      <Stat label="Average block time">
        {average === null ? NONE : `${formatCount(average / 1000)}\u00a0s`}
      </Stat>
      <Stat label="Last block" title={last}>
        {last === null ? NONE : `${formatSpan(Math.max(0, store.now() - Date.parse(last)))} ago`}
      </Stat>
      <Stat
        label="Nodes"
        {...(isTruncated && { title: 'The table shows the nodes that have been connected longest.' })}
      >
        {isTruncated
          ? `${formatCount(header.node_count)}, ${formatCount(header.shown_count)} shown`
          : formatCount(header.node_count)}
      </Stat>
      <Stat label="Validators">{formatCount(header.validator_count)}</Stat>
    </dl>
  );
}

interface StatProps {
  label: string;
  title?: string | null;
  children: string;
}

function Stat({ label, title, children }: StatProps): JSX.Element {
  return (
    <div {...(title && { title })}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
