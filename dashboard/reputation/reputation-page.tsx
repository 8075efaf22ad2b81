import type { JSX } from 'preact';
import { NodePicker } from '../shared/node-picker.js';
import { Page } from '../shared/page.js';
import { RangePicker } from '../shared/range-picker.js';
import { Empty } from '../shared/states.js';
import { readRange, writeRange } from '../shared/time-range.js';
import { linkTo, useQueryState } from '../shared/url-state.js';
import { LoggedPeers, readAge } from './logged-peers.js';
import { useNodeNames } from './node-names.js';
import { PeerHistory } from './peer-history.js';

/** Reputations of peers as reported by nodes. */
export function ReputationPage(): JSX.Element {
  const [query, change] = useQueryState();
  const nameOf = useNodeNames();
  const peerId = query.get('peer_id') ?? '';
  const range = readRange(query);
  const linkOf = (remote: string): string =>
    linkTo('/dashboard/reputation/', { ...Object.fromEntries(query), peer_id: remote });
  return (
    <Page title="Reputation" path="/dashboard/reputation/" peerId={peerId}>
      <section aria-labelledby="history">
        <h2 id="history">A peer over time</h2>
        <form class="fields" aria-label="Peer and time range" onSubmit={(event) => event.preventDefault()}>
          <NodePicker label="Peer" value={peerId} onChange={(peer_id) => change({ peer_id })} />
          <RangePicker value={range} onChange={(chosen) => change(writeRange(chosen))} />
        </form>
        {peerId === '' ? (
          <Empty title="Choose a peer.">
            <p>Enter its name or peer id above, or choose one in the table below.</p>
          </Empty>
        ) : (
          <PeerHistory
            key={`${peerId} ${JSON.stringify(range)}`}
            peerId={peerId}
            range={range}
            nameOf={nameOf}
          />
        )}
      </section>
      <LoggedPeers
        age={readAge(query.get('max_age_s'))}
        onAge={(max_age_s) => change({ max_age_s })}
        nameOf={nameOf}
        linkOf={linkOf}
      />
    </Page>
  );
}
