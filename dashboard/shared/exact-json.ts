import { LosslessNumber, parse } from 'lossless-json';

export type Nested = ExactJson[] | { [name: string]: ExactJson };
export type Scalar = string | boolean | null | LosslessNumber;
/** JSON with exact numbers. */
export type ExactJson = Scalar | Nested;

/** Like `JSON.parse`, but exact for 64-bit integers, such as span ids. */
export function parseExact(text: string): ExactJson {
  return parse(text) as ExactJson;
}

/** The JSON text of a scalar. */
export function scalarText(value: Scalar): string {
  return value instanceof LosslessNumber ? value.value : JSON.stringify(value);
}

export function isNested(value: ExactJson): value is Nested {
  return typeof value === 'object' && value !== null && !(value instanceof LosslessNumber);
}
