import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { launchChromium } from '../support/chromium.js';
import { CLI } from '../support/command-line.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';

/*
 * Takes the pictures of the documentation: the dashboard of the simulated network of the README, in real time. The charts
 * of a node show the last 15 minutes, so they need as many.
 */

const PEER = '12D3KooWLBdBrp9qguHjUdKaSHU2zv9dNNmifoqfeVLVyp7dw2SE';
/** Otherwise the table is wider than the picture. */
const HIDDEN_COLUMNS = ['Transactions', 'Upload', 'Download', 'Uptime'];

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    folder: { type: 'string', default: 'docs/images' },
  },
});

const dataDir = await tempDir('screenshots');
{
  await using server = await ServerProcess.ready(await freePort(), { DATA_DIR: dataDir });
  const simulator = spawn(process.execPath, [CLI, 'simulate', '--nodes', '20', '--url', server.ws], {
    stdio: 'inherit',
  });
  await sleep(Number(values.minutes) * 60_000);
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1480, height: 620 }, timezoneId: 'UTC' });

  await page.goto(`${server.http}/dashboard/`);
  await page.locator('tbody tr:not(.space)').first().waitFor();
  await page.getByText('Columns', { exact: true }).click();
  for (const label of HIDDEN_COLUMNS) await page.getByLabel(label, { exact: true }).uncheck();
  await page.getByText('Columns', { exact: true }).click();
  // Not just after slots without a block.
  const average = page.locator('dl div', { hasText: 'Average block time' }).locator('dd');
  await average.filter({ hasText: /^(5\.[89]|6(\.[0-2])?)\d?\s+s$/ }).waitFor({ timeout: 20 * 60_000 });
  await page.screenshot({ path: join(values.folder, 'nodes-light.png') });

  await page.goto(`${server.http}/dashboard/node/?peer_id=${PEER}`);
  await page.getByLabel('Time', { exact: true }).selectOption({ label: 'Last 15 minutes' });
  const charts = page.getByRole('region', { name: 'History' });
  await charts.locator('canvas').nth(3).waitFor();
  await charts.screenshot({ path: join(values.folder, 'node-charts.png') });

  await browser.close();
  simulator.kill('SIGTERM');
  await once(simulator, 'exit');
  await server.end('SIGTERM');
}
await rm(dataDir, { recursive: true });
