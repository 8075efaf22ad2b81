import { KeepMessages1764000000000 } from './1764000000000-keep-messages.js';

/** Every migration, oldest first. */
export const migrations = [KeepMessages1764000000000];
