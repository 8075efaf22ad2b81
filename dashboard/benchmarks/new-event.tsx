import type { JSX } from 'preact';
import { responseData, api } from '../shared/api.js';
import { CreateForm, Field, textIn, timeIn } from './create-form.js';

/** Marks that something in a run begins or ends. */
export function NewEvent({ runId, onAdded }: { runId: number; onAdded: () => void }): JSX.Element {
  const send = async (fields: FormData): Promise<string> => {
    const at = timeIn(fields, 'created_at');
    const body = {
      benchmark_id: runId,
      name: textIn(fields, 'name'),
      phase: textIn(fields, 'phase') === 'end' ? ('end' as const) : ('start' as const),
      ...(at !== undefined && { created_at: at }),
    };
    const { name, phase } = await responseData(api.POST('/benchmarks/events', { body }));
    onAdded();
    return `Added the ${phase} of “${name}”.`;
  };
  return (
    <CreateForm title="Add event" action="Add" send={send}>
      <Field name="name" label="Event" required />
      <label class="field">
        <span>Phase</span>
        <select name="phase">
          <option value="start">Start</option>
          <option value="end">End</option>
        </select>
      </label>
      <Field name="created_at" label="Time (empty: now)" type="datetime-local" />
    </CreateForm>
  );
}
