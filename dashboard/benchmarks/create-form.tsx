import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Failed } from '../shared/states.js';

interface CreateFormProps {
  title: string;
  /** What the button says. */
  action: string;
  /**
   * Sends what was filled in.
   *
   * @returns what is said when it worked
   */
  send: (fields: FormData) => Promise<string>;
  children: ComponentChildren;
}

/** A form that sends something new to the server, folded until it is wanted. */
export function CreateForm({ title, action, send, children }: CreateFormProps): JSX.Element {
  const [outcome, setOutcome] = useState<string | Error>('');
  const [busy, setBusy] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    if (busy) return;
    setBusy(true);
    send(new FormData(form))
      .then(
        (said) => setOutcome(said),
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

export function Field({ name, label, type = 'text', required = false }: FieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      {type === 'number' && <input name={name} type="number" min={1} step={1} required={required} />}
      {type === 'datetime-local' && <input name={name} type="datetime-local" step={1} required={required} />}
      {type === 'text' && <input name={name} type="text" required={required} />}
    </label>
  );
}

/** '' where nothing was filled in. */
export function textIn(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** A time of the reader's clock as RFC 3339; undefined where nothing was filled in. */
export function timeIn(fields: FormData, name: string): string | undefined {
  const text = textIn(fields, name);
  return text === '' ? undefined : new Date(text).toISOString();
}
