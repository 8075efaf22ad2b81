import { LosslessNumber, parse } from 'lossless-json';

export type Nested = ExactJson[] | { [name: string]: ExactJson };
export type Scalar = string | boolean | null | LosslessNumber;
/** JSON in which a number keeps the digits that it came with. */
export type ExactJson = Scalar | Nested;

/** Reads JSON as `JSON.parse` does, but loses no digit: span ids and the like have 64 bits. */
export function parseExact(text: string): ExactJson {
  return parse(text) as ExactJson;
}

/** A value that has no others in it, as JSON writes it. */
export function scalarText(value: Scalar): string {
  return value instanceof LosslessNumber ? value.value : JSON.stringify(value);
}

export function isNested(value: ExactJson): value is Nested {
  return typeof value === 'object' && value !== null && !(value instanceof LosslessNumber);
}
