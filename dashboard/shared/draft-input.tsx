import type { JSX, TargetedEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface DraftInputProps {
  type: 'search' | 'number';
  /** The current value. */
  value: string;
  /** Called with a valid value when the user has finished typing. */
  onChange: (value: string) => void;
  disabled?: boolean;
  placeholder?: string;
  id?: string;
  /** The id of a datalist. */
  list?: string;
  /** Maximum of a number. The minimum is 1. */
  max?: number;
}

/** An input that keeps unfinished text while the page is rendered again. */
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
