/** A height or a count; null if it is not an integer that a double represents exactly. */
export function parseInteger(text: string | null): number | null {
  if (text === null || !/^\d{1,16}$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}
