import type { JSX, TargetedEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface DraftInputProps {
  type: 'search' | 'number';
  /** What holds now. */
  value: string;
  /** Gets what was written when the reader is done with it, if it is valid. */
  onChange: (value: string) => void;
  disabled?: boolean;
  placeholder?: string;
  id?: string;
  /** The id of a datalist. */
  list?: string;
  /** Of a number, which is whole and at least 1. */
  max?: number;
}

/** A field that keeps what is being written in it while the page around it is drawn anew. */
export function DraftInput({ type, value, onChange, max, ...rest }: DraftInputProps): JSX.Element {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const shared = {
    ...rest,
    value: draft,
    onInput: (event: TargetedEvent<HTMLInputElement>) => setDraft(event.currentTarget.value),
    onChange: ({ currentTarget: input }: TargetedEvent<HTMLInputElement>) => {
      if (input.reportValidity()) onChange(input.value.trim());
    },
  };
  return type === 'number' ? (
    <input type="number" min={1} step={1} required {...(max !== undefined && { max })} {...shared} />
  ) : (
    <input type="search" autocomplete="off" spellcheck={false} {...shared} />
  );
}
