import type { JSX } from 'preact';
import type { ApiSchema } from '../shared/api.js';
import { formatCount } from '../shared/format.js';
import type { Loaded } from '../shared/loaded.js';
import { DraftInput } from '../shared/draft-input.js';
import { NodePicker } from '../shared/node-picker.js';
import { RangePicker } from '../shared/range-picker.js';
import { writeRange } from '../shared/time-range.js';
import type { QueryChange } from '../shared/url-state.js';
import { canFollow, type LogQuery } from './log-query.js';

interface FiltersProps {
  logQuery: LogQuery;
  types: Loaded<ApiSchema<'MessageCount'>[]>;
  change: (change: QueryChange) => void;
}

/** Message filters. */
export function Filters({ logQuery, types, change }: FiltersProps): JSX.Element {
  const { peerId, msg, target, range, follow } = logQuery;
  const counts = (types.value ?? []).filter(({ log_type }) => log_type !== null);
  const isListed = counts.some(({ log_type }) => log_type === msg);
  return (
    <form class="fields" aria-label="Message filters" onSubmit={(event) => event.preventDefault()}>
      <NodePicker
        value={peerId}
        onChange={(peer_id) => change({ peer_id, chain: undefined, msg: undefined, target: undefined })}
      />
      <div class="field">
        <label for="type">Type</label>
        <select id="type" value={msg} onChange={(event) => change({ msg: event.currentTarget.value })}>
          <option value="">{types.state === 'failed' ? 'All (counts unavailable)' : 'All'}</option>
          {msg !== '' && !isListed && <option value={msg}>{msg}</option>}
          {counts.map(({ log_type, qty }) => (
            <option key={log_type} value={log_type ?? ''}>
              {log_type} ({formatCount(qty)})
            </option>
          ))}
        </select>
      </div>
      <label class="field">
        <span>Target or origin</span>
        <DraftInput
          type="search"
          value={target}
          placeholder="All"
          onChange={(typed) => change({ target: typed })}
        />
      </label>
      <RangePicker all value={range} onChange={(chosen) => change(writeRange(chosen))} />
      <label class="check">
        <input
          type="checkbox"
          checked={follow}
          disabled={!canFollow(range)}
          onChange={(event) => change({ follow: event.currentTarget.checked ? '1' : undefined })}
        />
        Follow live
      </label>
    </form>
  );
}
