/**
 * The JSON texts of some fields of an object as PostgreSQL writes jsonb: `{"a": 1, "b": "x"}`. Does not parse the other
 * fields, and preserves every digit.
 * Results are slices that keep the whole text in memory: copy them to store them.
 */
export function fieldTexts(text: string, names: readonly string[]): (string | undefined)[] {
  const keys = names.map((name) => JSON.stringify(name));
  const found = keys.map((): string | undefined => undefined);
  let at = 1;
  while (at < text.length && text[at] === '"') {
    const keyEnd = endOfString(text, at);
    const valueStart = keyEnd + 2;
    const valueEnd = endOfValue(text, valueStart);
    const key = text.slice(at, keyEnd);
    keys.forEach((wanted, index) => {
      if (wanted === key) found[index] = text.slice(valueStart, valueEnd);
    });
    at = valueEnd + 2;
  }
  return found;
}

/** The index after the closing quote of a string that begins here. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length;
    let escapes = 0;
    while (text[quote - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth -= 1;
    } else if (character === ',' && depth === 0) return at;
    at += 1;
  }
  return text.length;
}

/** A number in a message. */
export interface Sample {
  /** JSON texts; `null` if the message has none. Slices of the message: copy them to store them. */
  target: string;
  name: string;
  number: number;
  /** With all digits, if it is an integer. */
  whole: bigint | undefined;
}

/** Numbers are JSON numbers or strings. */
const NUMERIC = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,4})?\s*$/i;
const WHOLE = /^[+-]?\d+$/;
/** Longer than the integer part of any double. */
const MAX_LENGTH = 400;

/** The number of a field in a message as PostgreSQL writes it; undefined if there is none. */
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
