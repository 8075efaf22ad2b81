/** A hash in a column, as text: `0x` and hexadecimal digits. */
export const hashText = (column: string): string => `'0x' || encode(${column}, 'hex')`;

/** Such a text as a value of the column. */
export const hashBytes = (text: string): string => `decode(substr(${text}, 3), 'hex')`;

/** Microseconds since the epoch as a time. */
export const timeSql = (microseconds: string): string => `to_timestamp(${microseconds}::float8 / 1e6)`;
