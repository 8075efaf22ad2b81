import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatSpan } from './format.js';

const REFRESH_MS = 10_000;

const FIELDS: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
};
const local = new Intl.DateTimeFormat(undefined, FIELDS);
const localMillis = new Intl.DateTimeFormat(undefined, { ...FIELDS, fractionalSecondDigits: 3 });

interface TimeProps {
  /** RFC 3339. */
  value: string;
  /** Shows `3 min ago` instead. */
  relative?: boolean;
  /** With milliseconds. */
  precise?: boolean;
}

/** A time in the user's time zone; in UTC on hover. */
export function Time({ value, relative = false, precise = false }: TimeProps): JSX.Element {
  const now = useNow(relative);
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return <span>{value}</span>;
  return (
    <time dateTime={value} title={value}>
      {relative ? ago(now - date.getTime()) : localTime(date, precise)}
    </time>
  );
}

/** Formats a time in the user's time zone. */
export function localTime(date: Date, precise = false): string {
  return (precise ? localMillis : local).format(date);
}

function ago(milliseconds: number): string {
  if (milliseconds < -1000) return `in ${formatSpan(-milliseconds)}`;
  return milliseconds < 1000 ? 'now' : `${formatSpan(milliseconds)} ago`;
}

function useNow(ticks: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticks) return;
    const timer = setInterval(() => setNow(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, [ticks]);
  return now;
}
