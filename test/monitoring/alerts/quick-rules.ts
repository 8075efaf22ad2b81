const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };

export interface Quickness {
  /** By how much all durations are divided. */
  factor: number;
  /** Seconds of a range or an offset, at least: a rate needs several scrapes. */
  leastRange: number;
  /** Seconds for which an alert is pending, at least. */
  leastFor: number;
}

/**
 * The same rules for those who cannot wait: `for:`, ranges and offsets are shorter. Names, labels and thresholds stay.
 *
 * @param rules the text of a file of rules
 */
export function quickRules(rules: string, { factor, leastRange, leastFor }: Quickness): string {
  const shorter = (duration: string, least: number): string =>
    `${Math.max(least, Math.round(secondsOf(duration) / factor)).toString()}s`;
  return rules
    .replace(
      /^( +(?:keep_firing_)?for: )(\w+)$/gm,
      (_, before: string, duration: string) => before + shorter(duration, leastFor),
    )
    .replace(/\[(\d+[smhd])\]/g, (_, duration: string) => `[${shorter(duration, leastRange)}]`)
    .replace(/\boffset (\d+[smhd])\b/g, (_, duration: string) => `offset ${shorter(duration, leastRange)}`);
}

/**
 * The same rules with other thresholds.
 *
 * @param bounds by their names between `tetcore:` and `:bound`
 * @throws where there is no such bound
 */
export function rulesWithBounds(rules: string, bounds: Record<string, number>): string {
  return Object.entries(bounds).reduce((text, [name, value]) => {
    const record = new RegExp(`^( +- record: tetcore:${name}:bound\\n +expr: vector\\().*\\)$`, 'm');
    if (!record.test(text)) throw new Error(`The rules have no bound ${name}.`);
    return text.replace(record, `$1${value.toString()})`);
  }, rules);
}

/** Of a duration of one unit, such as `5m`. */
function secondsOf(duration: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  if (count === undefined) throw new Error(`A duration that is not known: ${duration}`);
  return Number(count) * SECONDS[unit as keyof typeof SECONDS];
}
