import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, responseData } from '../shared/api.js';
import { useLoaded } from '../shared/loaded.js';
import { NodePicker } from '../shared/node-picker.js';
import { Failed } from '../shared/states.js';
import { linkTo } from '../shared/url-state.js';

interface CreateFormProps {
  title: string;
  /** Label of the button. */
  action: string;
  /**
   * Sends the fields.
   *
   * @returns the success message
   */
  send: (fields: FormData) => Promise<string>;
  children: ComponentChildren;
}

/** A collapsed form that creates an object on the server. */
function CreateForm({ title, action, send, children }: CreateFormProps): JSX.Element {
  const [outcome, setOutcome] = useState<string | Error>('');
  const [busy, setBusy] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    if (busy) return;
    setBusy(true);
    send(new FormData(form))
      .then(
        (message) => setOutcome(message),
        (error: unknown) => setOutcome(error as Error),
      )
      .finally(() => setBusy(false));
  };
  return (
    <details>
      <summary>{title}</summary>
      <form class="fields" aria-label={title} onSubmit={submit}>
        {children}
        <button type="submit" aria-disabled={busy}>
          {action}
        </button>
      </form>
      {outcome instanceof Error ? <Failed error={outcome} /> : <p role="status">{outcome}</p>}
    </details>
  );
}

interface FieldProps {
  name: string;
  label: string;
  type?: 'text' | 'number' | 'datetime-local';
  required?: boolean;
}

function Field({ name, label, type = 'text', required = false }: FieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      {type === 'number' && <input name={name} type="number" min={1} step={1} required={required} />}
      {type === 'datetime-local' && <input name={name} type="datetime-local" step={1} required={required} />}
      {type === 'text' && <input name={name} type="text" required={required} />}
    </label>
  );
}

/** The text of a field; '' if it is empty. */
function textIn(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** The time of a field as RFC 3339; undefined if it is empty. */
function timeIn(fields: FormData, name: string): string | undefined {
  const text = textIn(fields, name);
  return text === '' ? undefined : new Date(text).toISOString();
}

/** Maximum number of options. */
const MAX_HOST_SYSTEMS = 200;

/** Creates a benchmark, and opens its page. */
export function NewRun({ peerId: given }: { peerId: string }): JSX.Element {
  const [peerId, setPeerId] = useState(given);
  const [systems] = useLoaded(
    (signal) =>
      responseData(api.GET('/host_systems', { params: { query: { limit: MAX_HOST_SYSTEMS } }, signal })),
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

/** Creates a host system from a node report, or manually. */
export function NewHostSystem({ peerId: given }: { peerId: string }): JSX.Element {
  const [peerId, setPeerId] = useState(given);
  const fromNode = async (fields: FormData): Promise<string> => {
    if (peerId === '') throw new Error('Choose a node that reports its hardware.');
    const body = { peer_id: peerId, description: textIn(fields, 'description') };
    return createdMessage(await responseData(api.POST('/host_systems/from_node', { body })));
  };
  const manually = async (fields: FormData): Promise<string> => {
    const number = (name: string): number => Number(textIn(fields, name));
    const body = {
      description: textIn(fields, 'description'),
      os: textIn(fields, 'os'),
      disk_info: textIn(fields, 'disk_info'),
      cpu_qty: number('cpu_qty'),
      cpu_clock: number('cpu_clock'),
      ram_mb: number('ram_mb'),
    };
    return createdMessage(await responseData(api.POST('/host_systems', { body })));
  };
  return (
    <>
      <CreateForm title="Host system from a node report" action="Create from report" send={fromNode}>
        <NodePicker value={peerId} onChange={setPeerId} />
        <Field name="description" label="Notes" />
      </CreateForm>
      <CreateForm title="New host system" action="Create host system" send={manually}>
        <Field name="description" label="Notes" />
        <Field name="os" label="Operating system" required />
        <Field name="disk_info" label="Disks" required />
        <Field name="cpu_qty" label="Cores" type="number" required />
        <Field name="cpu_clock" label="Clock (MHz)" type="number" required />
        <Field name="ram_mb" label="Memory (MiB)" type="number" required />
      </CreateForm>
    </>
  );
}

function createdMessage({ id }: { id: number }): string {
  return `Host system ${id} created.`;
}

/** Adds the start or end of an event to a run. */
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
