/**
 * Scans JSON text that `JSON.parse` has accepted. For other text the results have no meaning. Positions are UTF-16 code
 * units.
 */

export const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** The position behind the string that begins at `start`. */
export function endOfString(text: string, start: number): number {
  // Most strings have no escape before their first quote.
  const quote = text.indexOf('"', start + 1);
  if (quote < 0) return text.length;
  if (text.charCodeAt(quote - 1) !== BACKSLASH) return quote + 1;
  let at = start + 1;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at + 1;
    if (unit === BACKSLASH) at++;
  }
  return at;
}

/** The position behind the number, literal or word that begins at `start`. */
function endOfScalar(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit <= 0x20 || unit === COMMA || unit === CLOSE_BRACE || unit === CLOSE_BRACKET) break;
  }
  return at;
}

/** A member of an object as it is in the text, with its digits and escapes. */
export interface MemberText {
  /** With its quotes. */
  key: string;
  value: string;
}

/**
 * The members of the outermost object, by key. Of two with the same key the last one counts, as for `JSON.parse` and
 * PostgreSQL's jsonb.
 */
export function membersOf(text: string): Map<string, MemberText> {
  const members = new Map<string, MemberText>();
  let at = text.indexOf('{') + 1;
  while (at < text.length) {
    at = skipTo(text, at, QUOTE, CLOSE_BRACE);
    if (text.charCodeAt(at) !== QUOTE) break;
    const keyEnd = endOfString(text, at);
    const key = text.slice(at, keyEnd);
    const start = endOfSpace(text, skipTo(text, keyEnd, COLON, COLON) + 1);
    at = endOfValue(text, start);
    members.set(JSON.parse(key) as string, { key, value: text.slice(start, at) });
  }
  return members;
}

function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return endOfString(text, start);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return endOfScalar(text, start);
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    at++;
    if (unit === OPEN_BRACE || unit === OPEN_BRACKET) depth++;
    else if ((unit === CLOSE_BRACE || unit === CLOSE_BRACKET) && --depth === 0) break;
  }
  return at;
}

function endOfSpace(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function skipTo(text: string, start: number, one: number, other: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === one || unit === other) break;
  }
  return at;
}

/**
 * The same text in memory of its own. V8 represents a part of a text (of `slice`, or a group of a regular expression) by
 * a reference to the whole: a name of ten characters would keep a message of half a megabyte in memory. So a part that
 * outlives its message is copied.
 *
 * @param part without lone surrogates
 */
export function copyText(part: string): string {
  return Buffer.from(part).toString();
}
