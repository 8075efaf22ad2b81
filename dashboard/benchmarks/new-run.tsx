import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import { useLoaded } from '../shared/loaded.js';
import { NodePicker } from '../shared/node-picker.js';
import { linkTo } from '../shared/url-state.js';
import { CreateForm, Field, textIn, timeIn } from './create-form.js';

const OFFERED = 200;

/** Describes a run of a node, and goes to its page. */
export function NewRun({ peerId: given }: { peerId: string }): JSX.Element {
  const [peerId, setPeerId] = useState(given);
  const [systems] = useLoaded(
    (signal) => responseData(api.GET('/host_systems', { params: { query: { limit: OFFERED } }, signal })),
    [],
  );
  const send = async (fields: FormData): Promise<string> => {
    if (peerId === '') throw new Error('Choose a node: the profile is computed from its traces.');
    const [start, end, system] = [
      timeIn(fields, 'ts_start'),
      timeIn(fields, 'ts_end'),
      textIn(fields, 'host_system_id'),
    ];
    const body = {
      setup: { substrate: { peerId } },
      description: textIn(fields, 'description'),
      ...(start !== undefined && { ts_start: start }),
      ...(end !== undefined && { ts_end: end }),
      ...(system !== '' && { host_system_id: Number(system) }),
    };
    const { id } = await responseData(api.POST('/benchmarks', { body }));
    location.assign(linkTo('/dashboard/benchmarks/', { id: id.toString() }));
    return `Benchmark ${id} created.`;
  };
  return (
    <CreateForm title="New benchmark" action="Create benchmark" send={send}>
      <NodePicker value={peerId} onChange={setPeerId} />
      <Field name="description" label="Notes" />
      <Field name="ts_start" label="Start (empty: first event)" type="datetime-local" />
      <Field name="ts_end" label="End (empty: last event)" type="datetime-local" />
      <label class="field">
        <span>Host system</span>
        <select name="host_system_id">
          <option value="">None</option>
          {(systems.value ?? []).map(({ id, description, cpu_name }) => (
            <option key={id} value={id}>
              {[id, description.slice(0, 60) || cpu_name].filter(Boolean).join(': ')}
            </option>
          ))}
        </select>
      </label>
    </CreateForm>
  );
}
