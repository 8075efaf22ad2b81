/** What a message is made of. A bigint stands for a whole number that a JavaScript number cannot hold. */
export type Json = string | number | boolean | null | bigint | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** JSON text in which every bigint is written digit for digit, which `JSON.stringify` refuses to do. */
export function toExactJson(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(toExactJson).join(',')}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${toExactJson(member)}`,
  );
  return `{${members.join(',')}}`;
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}
