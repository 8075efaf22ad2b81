/** A time in which nothing is finalised. */
export interface Stall {
  /** When it begins, after the start of the simulation. */
  readonly afterMinutes: number;
  readonly forMinutes: number;
  /** It comes back so often; 0: never. */
  readonly everyHours: number;
}

const MINUTE_MS = 60_000;

/** Whether finality stalls, so many milliseconds after the start of the simulation. */
export function isStalled(stalls: readonly Stall[], elapsedMs: number): boolean {
  return stalls.some(({ afterMinutes, forMinutes, everyHours }) => {
    const since = elapsedMs - afterMinutes * MINUTE_MS;
    if (since < 0) return false;
    return (everyHours === 0 ? since : since % (everyHours * 60 * MINUTE_MS)) < forMinutes * MINUTE_MS;
  });
}
