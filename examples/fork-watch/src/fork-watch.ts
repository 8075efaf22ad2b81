import { resolve } from 'node:path';
import type { Extensions } from 'tetcore-analytics';
import { ForkHook } from './fork.hook.js';
import { ForkWatchModule } from './fork-watch.module.js';
import { KeepForks1795000000000 } from './keep-forks.migration.js';

/** The extensions for the server. */
export const forkWatch: Extensions = {
  imports: [ForkWatchModule],
  delivery: { hooks: [ForkHook] },
  storage: { migrations: [KeepForks1795000000000] },
  dashboard: {
    pages: [{ name: 'forks', title: 'Forks', folder: resolve(import.meta.dirname, '../page') }],
  },
};
