/** A hash in a column, as text: `0x` and hexadecimal digits. */
export const hashText = (column: string): string => `'0x' || encode(${column}, 'hex')`;

/** Such a text as a value of the column. */
export const hashBytes = (text: string): string => `decode(substr(${text}, 3), 'hex')`;

/** Microseconds since the epoch as a time. */
export const timeSql = (microseconds: string): string => `to_timestamp(${microseconds}::float8 / 1e6)`;

/** The whole numbers in the text of an array, `{1,2,3}`: many times faster than the parser of the driver. */
export function numbersOf(array: string): number[] {
  return JSON.parse(`[${array.slice(1, -1)}]`) as number[];
}
