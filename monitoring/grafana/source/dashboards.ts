import { format } from 'prettier';
import type { Dashboard } from './model.js';
import { history } from './history.js';
import { network } from './network.js';
import { profiling } from './profiling.js';
import { reputation } from './reputation.js';
import { server } from './server.js';

/** The dashboards by the names of their files. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  server,
  network,
  history,
  profiling,
  reputation,
};

/** The content of a dashboard file. */
export async function textOf(dashboard: Dashboard): Promise<string> {
  return await format(JSON.stringify(dashboard), { parser: 'json', printWidth: 110 });
}
