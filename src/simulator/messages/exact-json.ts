/** What a message is made of. A bigint stands for a whole number that a JavaScript number cannot hold. */
export type Json = string | number | boolean | null | bigint | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** Text that needs no escape, as most of what nodes say. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** JSON text in which every bigint is written digit for digit, which `JSON.stringify` refuses to do. */
export function toExactJson(value: Json): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return isList(value) ? `[${value.map(toExactJson).join(',')}]` : `{${toMembers(value)}}`;
}

/** The members of an object as JSON text, without the braces around them. */
export function toMembers(object: JsonObject): string {
  let text = '';
  for (const key of Object.keys(object)) {
    text += `${text === '' ? '' : ','}"${PLAIN.test(key) ? key : JSON.stringify(key).slice(1, -1)}":${toExactJson(object[key] as Json)}`;
  }
  return text;
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}
