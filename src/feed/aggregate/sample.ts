import { fieldTexts } from './field-texts.js';

/** One number of one message. */
export interface Sample {
  /** JSON texts; null where the message has none. As parts of the message they hold all of it: not to be kept. */
  target: string;
  name: string;
  number: number;
  /** All its digits, where it is whole. */
  whole: bigint | undefined;
}

/** Numbers come as such, or in a text. */
const NUMERIC = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,4})?\s*$/i;
const WHOLE = /^[+-]?\d+$/;
/** No double has more digits before its point. */
const MAX_LENGTH = 400;

/** The number of a field in a message, as PostgreSQL writes it; undefined where there is none. */
export function sampleOf(text: string, key: string): Sample | undefined {
  const [value, target = 'null', name = 'null'] = fieldTexts(text, [key, 'target', 'name']);
  if (value === undefined || value.length > MAX_LENGTH) return undefined;
  const digits = (value.startsWith('"') ? (JSON.parse(value) as string) : value).trim();
  if (!NUMERIC.test(digits)) return undefined;
  const number = Number(digits);
  if (!Number.isFinite(number)) return undefined;
  const whole = WHOLE.test(digits)
    ? BigInt(digits.startsWith('+') ? digits.slice(1) : digits)
    : Number.isSafeInteger(number)
      ? BigInt(number)
      : undefined;
  return { target, name, number, whole };
}
