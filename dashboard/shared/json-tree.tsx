import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type ExactJson, isNested, type Nested, type Scalar, scalarText } from './exact-json.js';
import './json-tree.css';

/** Page size. A network state has thousands of peers. */
const PAGE_SIZE = 200;

/** A value as a tree. Objects and arrays are collapsed, and rendered when they are opened. */
export function JsonTree({ value }: { value: ExactJson }): JSX.Element {
  return isNested(value) ? <Entries value={value} /> : <code>{scalarText(value)}</code>;
}

function Entries({ value }: { value: Nested }): JSX.Element {
  const [shown, setShown] = useState(PAGE_SIZE);
  const entries = Object.entries(value);
  return (
    <>
      <ul class="tree">
        {entries.slice(0, shown).map(([name, entry]) => (
          <li key={name}>
            {isNested(entry) ? <Branch name={name} value={entry} /> : <Leaf name={name} value={entry} />}
          </li>
        ))}
      </ul>
      {shown < entries.length && (
        <button type="button" onClick={() => setShown(shown + PAGE_SIZE)}>
          Show more ({entries.length - shown} left)
        </button>
      )}
    </>
  );
}

function Branch({ name, value }: { name: string; value: Nested }): JSX.Element {
  const [open, setOpen] = useState(false);
  const count = Object.keys(value).length;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="name">{name}</span>{' '}
        <span class="muted">{Array.isArray(value) ? `[${count}]` : `{${count}}`}</span>
      </summary>
      {open && <Entries value={value} />}
    </details>
  );
}

function Leaf({ name, value }: { name: string; value: Scalar }): JSX.Element {
  return (
    <>
      <span class="name">{name}</span>: <code>{scalarText(value)}</code>
    </>
  );
}
