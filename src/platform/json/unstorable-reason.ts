/** Why PostgreSQL's jsonb cannot hold a JSON text, or could not give it back. */
export const UNSTORABLE_REASONS = [
  'nul_character',
  'lone_surrogate',
  'too_deep',
  'number_out_of_range',
] as const;

export type UnstorableReason = (typeof UNSTORABLE_REASONS)[number];
