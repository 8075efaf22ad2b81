import { KeepMessages1764000000000 } from './1764000000000-keep-messages.js';
import { KeepBenchmarks1764100000000 } from './1764100000000-keep-benchmarks.js';
import { KeepImports1764200000000 } from './1764200000000-keep-imports.js';
import { KeepHistory1764300000000 } from './1764300000000-keep-history.js';

/** Every migration, oldest first. */
export const migrations = [
  KeepMessages1764000000000,
  KeepBenchmarks1764100000000,
  KeepImports1764200000000,
  KeepHistory1764300000000,
];
