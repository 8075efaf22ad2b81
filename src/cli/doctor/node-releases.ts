/** When releases of Node.js stop getting fixes: https://github.com/nodejs/Release. From 27 on there is one a year. */
const END_OF_LIFE: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

/** The last day with fixes for a version such as `22.13.0`; undefined for a release that is not known yet. */
export function endOfLife(version: string): Date | undefined {
  const day = END_OF_LIFE[Number(version.split('.')[0])];
  return day === undefined ? undefined : new Date(day);
}
