/**
 * What the Polkadot SDK requires of a machine, in MiB/s: `reference_hardware.json` of its benchmarking command. A list of
 * these values is never changed, only followed by another.
 */
export const REFERENCES = {
  'blake2-783': {
    cpu: 783.27,
    parallel_cpu: 966.43,
    memory: 11_768.341,
    disk_sequential: 950,
    disk_random: 420,
  },
  'blake2-1000': {
    cpu: 1_000,
    parallel_cpu: 1_000,
    memory: 11_768.341,
    disk_sequential: 950,
    disk_random: 420,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<Score, number>>>>;

export type Reference = keyof typeof REFERENCES;
export const DEFAULT_REFERENCE: Reference = 'blake2-783';

/** The scores that have a minimum. That of all cores is for authorities of relay chains. */
export const SCORES = ['cpu', 'parallel_cpu', 'memory', 'disk_sequential', 'disk_random'] as const;
export type Score = (typeof SCORES)[number];

/** Scores in MiB/s, without fractions; null where they were not measured. */
export type Scores = Readonly<Record<Score, number | null>>;

/** A machine against a reference. */
export interface Verdict {
  /** The scores that are too low. */
  failed: Score[];
  /** The lowest score divided by its minimum. */
  ratio: number;
}

/** Compares those scores that were measured. */
export function judge(scores: Scores, isAuthority: boolean, reference: Reference): Verdict {
  const failed: Score[] = [];
  let ratio = Infinity;
  for (const score of SCORES) {
    const value = scores[score];
    const minimum = REFERENCES[reference][score];
    if (value === null || (score === 'parallel_cpu' && !isAuthority)) continue;
    // Nodes send whole numbers, rounded down.
    if (value < Math.floor(minimum)) failed.push(score);
    ratio = Math.min(ratio, value / minimum);
  }
  return { failed, ratio };
}
