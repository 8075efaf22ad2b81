import { UNSTORABLE_REASONS } from '../../platform/json/index.js';

/** Why a frame cannot be stored as a message; the values of `reason` in `rejected_messages`. */
export const REJECT_REASONS = [
  'invalid_utf8',
  'invalid_json',
  'not_an_object',
  ...UNSTORABLE_REASONS,
] as const;

export type RejectReason = (typeof REJECT_REASONS)[number];
