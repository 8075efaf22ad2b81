import type { JSX } from 'preact';
import { responseData, api } from '../shared/api.js';
import { Empty, Shown } from '../shared/states.js';
import { Matrix, matrixOf } from './matrix.js';
import { usePolled } from './use-peer-reports.js';

const INTERVAL_MS = 15_000;
const MAX_REPORTERS = 100;

/** Maximum ages of reports in seconds, with their labels. */
const AGES: Readonly<Record<string, string>> = {
  '60': '1 minute',
  '600': '10 minutes',
  '3600': '1 hour',
  '86400': '1 day',
};

export function readAge(text: string | null): string {
  return text !== null && Object.hasOwn(AGES, text) ? text : '600';
}

interface LoggedPeersProps {
  /** A key of AGES. */
  age: string;
  onAge: (age: string) => void;
  nameOf: (peerId: string) => string;
  linkOf: (peerId: string) => string;
}

/** The latest report of each node, as a matrix. */
export function LoggedPeers({ age, onAge, nameOf, linkOf }: LoggedPeersProps): JSX.Element {
  return (
    <section aria-labelledby="matrix">
      <h2 id="matrix">Reported reputation</h2>
      <form class="fields" aria-label="Latest reports" onSubmit={(event) => event.preventDefault()}>
        <label class="field">
          <span>Maximum age of reports</span>
          <select value={age} onChange={(event) => onAge(event.currentTarget.value)}>
            {Object.entries(AGES).map(([seconds, label]) => (
              <option key={seconds} value={seconds}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </form>
      <LatestReports key={age} age={age} nameOf={nameOf} linkOf={linkOf} />
    </section>
  );
}

function LatestReports({ age, nameOf, linkOf }: Omit<LoggedPeersProps, 'onAge'>): JSX.Element {
  const [matrix, reload] = usePolled(
    async (signal) => {
      const query = { max_age_s: Number(age), limit: MAX_REPORTERS };
      return matrixOf(await responseData(api.GET('/reputation/logged', { params: { query }, signal })));
    },
    [age],
    INTERVAL_MS,
  );
  return (
    <Shown of={matrix} what="reports" retry={reload}>
      {(data) =>
        data.remotes.length === 0 ? (
          <Empty title="No reports in this time range.">
            <p>
              Choose a greater age. Only older nodes (Substrate 2 and 3, Tetcore 2.1) report reputations, in{' '}
              <code>system.network_state</code>.
            </p>
          </Empty>
        ) : (
          <Matrix data={data} nameOf={nameOf} linkOf={linkOf} />
        )
      }
    </Shown>
  );
}
