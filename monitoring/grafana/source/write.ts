import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dashboards, textOf } from './dashboards.js';

// `npx tsx monitoring/grafana/source/write.ts` generates the dashboard files.
for (const [name, dashboard] of Object.entries(dashboards)) {
  const path = join(import.meta.dirname, '../dashboards', `${name}.json`);
  await writeFile(path, await textOf(dashboard));
}
