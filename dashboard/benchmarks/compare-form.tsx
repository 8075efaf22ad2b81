import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { linkTo } from '../shared/url-state.js';
import type { Run } from './run.js';
import { runName } from './runs-table.js';

/** Chooses two runs: the two newest unless told otherwise. */
export function CompareForm({ runs }: { runs: readonly Run[] }): JSX.Element {
  const [base, setBase] = useState(runs[1]?.id.toString() ?? '');
  const [head, setHead] = useState(runs[0]?.id.toString() ?? '');
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">Compare two runs</h2>
      <div class="fields">
        <RunField label="Base" value={base} runs={runs} onChange={setBase} />
        <RunField label="Compared" value={head} runs={runs} onChange={setHead} />
        <a class="check" href={linkTo('/dashboard/benchmarks/', { base, head })}>
          Compare
        </a>
      </div>
    </section>
  );
}

interface RunFieldProps {
  label: string;
  value: string;
  runs: readonly Run[];
  onChange: (id: string) => void;
}

function RunField({ label, value, runs, onChange }: RunFieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {runs.map((run) => (
          <option key={run.id} value={run.id}>
            {runName(run)}
          </option>
        ))}
      </select>
    </label>
  );
}
