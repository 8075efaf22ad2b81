import { CLOSE_BRACE, CLOSE_BRACKET, endOfString, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-scan.js';

/** Why PostgreSQL's jsonb cannot store a JSON text, or could not return it. */
export type UnstorableReason = 'nul_character' | 'lone_surrogate' | 'too_deep' | 'number_out_of_range';

/** Levels. PostgreSQL's default stack of 2 MB allows about 6,000. */
export const MAX_DEPTH = 1000;

/** The limits of PostgreSQL's numeric: digits before and behind the decimal point. */
export const MAX_INTEGER_DIGITS = 131_072;
export const MAX_FRACTION_DIGITS = 16_383;

/**
 * Digits of all numbers with an exponent, written without it. PostgreSQL stores more, but writes every digit when a
 * message is read, and a thousand times `1e131071` fits into no response: one such message would break every query that
 * returns it.
 */
export const MAX_EXPONENT_DIGITS = 1_000_000;

/** PostgreSQL accepts no larger exponent, not even of zero. */
const MAX_EXPONENT = 1_073_741_822;

/** A shorter text cannot nest too deep, or contain a number that is too long without an exponent. */
const SCAN_FROM = 2 * MAX_DEPTH;

/** With the end of the number, or it would match most hashes. */
const LARGE_EXPONENT = /\d[eE][+-]?\d{3,}[,\]}\s]/;

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const LEADING_ZEROS = /^0+/;

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

const BAD_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;

/**
 * Why PostgreSQL's jsonb would reject a text that `JSON.parse` accepts; `null` where it accepts it. A usual message costs
 * two passes of native code; only a text in which these find something is scanned.
 */
export function findUnstorable(text: string): UnstorableReason | null {
  if (text.includes('\\u') && BAD_ESCAPE.test(text)) {
    const reason = scanEscapes(text);
    if (reason !== null) return reason;
  }
  return text.length > SCAN_FROM || LARGE_EXPONENT.test(text) ? scanStructure(text) : null;
}

/** NUL, and surrogates that are not a pair. The text comes from UTF-8, so only escapes can make them. */
function scanEscapes(text: string): UnstorableReason | null {
  let afterHigh = -1;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    if (text[at + 1] !== 'u') {
      at += 2;
      continue;
    }
    const unit = parseInt(text.slice(at + 2, at + 6), 16);
    if (unit === 0) return 'nul_character';
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    if (isLow !== (afterHigh === at) || (afterHigh >= 0 && !isLow)) return 'lone_surrogate';
    at += 6;
    afterHigh = unit >= 0xd800 && unit < 0xdc00 ? at : -1;
  }
  return afterHigh >= 0 ? 'lone_surrogate' : null;
}

function scanStructure(text: string): UnstorableReason | null {
  let depth = 0;
  let digits = 0;
  let at = 0;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = endOfString(text, at);
    } else if (unit === MINUS || isDigit(unit)) {
      const end = endOfNumber(text, at);
      // endOfNumber returns a negative position for a number with an exponent.
      if (end < 0 || end - at > MAX_FRACTION_DIGITS) {
        digits += writtenDigits(text.slice(at, Math.abs(end)));
        if (digits > MAX_EXPONENT_DIGITS) return 'number_out_of_range';
      }
      at = Math.abs(end);
    } else {
      if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) return 'too_deep';
      } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) depth--;
      at++;
    }
  }
  return null;
}

/** The position behind the number that begins at `start`; negative where the number has an exponent. */
function endOfNumber(text: string, start: number): number {
  let sign = 1;
  for (let at = start; ; at++) {
    const unit = text.charCodeAt(at);
    if (unit === UPPER_E || unit === LOWER_E) sign = -1;
    else if (!isDigit(unit) && unit !== POINT && unit !== MINUS && unit !== PLUS) return sign * at;
  }
}

/**
 * The digits that PostgreSQL writes for a number with an exponent, 0 for one without, and infinity for one out of the
 * range of numeric. Trailing zeros after the point count.
 */
function writtenDigits(number: string): number {
  const [, whole = '', fraction = '', exponentText] = NUMBER.exec(number) ?? [];
  const exponent = Number(exponentText ?? 0);
  const leadingZeros = LEADING_ZEROS.exec(whole + fraction)?.[0].length ?? 0;
  const isZero = leadingZeros === whole.length + fraction.length;
  const before = isZero ? 0 : whole.length - leadingZeros + exponent;
  const behind = Math.max(0, fraction.length - exponent);
  if (Math.abs(exponent) > MAX_EXPONENT || before > MAX_INTEGER_DIGITS || behind > MAX_FRACTION_DIGITS) {
    return Infinity;
  }
  return exponentText === undefined ? 0 : Math.max(0, before) + behind;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
