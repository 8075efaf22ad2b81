import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batch, row, snapshot } from '../support/batches.js';
import { hasBrowser, type Look, type TestPage } from '../support/browser.js';
import { answerWith503, Dashboard, describeHostSystem, NAMED_LOOKS } from './dashboard.js';
import { ask } from '../support/json-request.js';
import { TestStorage } from '../support/test-storage.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const PEER = '12D3KooWBenchmarkedNode';
const LARGE = '18446744073709551615';
const MINUTE_MS = 60_000;
const T0 = Math.floor(Date.now() / MINUTE_MS - 180) * MINUTE_MS;
const at = (minute: number): string => new Date(T0 + minute * MINUTE_MS).toISOString();

let dashboard: Dashboard;

describe.skipIf(!hasBrowser)('the page of benchmarks', () => {
  beforeAll(async () => {
    dashboard = await Dashboard.open(['benchmarks']);
  });

  afterAll(() => dashboard[Symbol.asyncDispose]());

  beforeEach(async () => {
    // Benchmarks before messages, as requests about both lock them.
    await dashboard.database.query('TRUNCATE benchmarks, benchmark_events, host_systems RESTART IDENTITY');
    await dashboard.database.clear();
  });

  it('shows a run with its host system and specs without rounding', async () => {
    await created('/host_systems', {
      cpu_clock: 2600,
      cpu_qty: 4,
      description: HOSTILE,
      disk_info: 'NVME',
      os: 'freebsd',
      ram_mb: 8192,
      details: { scores: { cpu: 1027 } },
    });
    const spec = `{"setup":{"substrate":{"peerId":"${PEER}"},"seed":${LARGE}},"chain_spec":{"name":"${HOSTILE}"},
      "benchmark_spec":{"rounds":3},"description":"${HOSTILE} runs","host_system_id":1,"ts_start":"${at(0)}","ts_end":"${at(90)}"}`;
    await created('/benchmarks', spec);
    const shown = await open();
    const { page } = shown;
    const run = page
      .getByRole('table', { name: 'Benchmarks, newest first' })
      .getByRole('row', { name: HOSTILE });
    await expect
      .poll(async () => (await run.locator('td').allTextContents()).slice(2).map(plain))
      .toEqual(['1 h 30 min', '12D3Ko…edNode', '1']);
    await run.getByRole('link', { name: `1: ${HOSTILE} runs` }).click();
    await page.getByRole('heading', { name: 'Benchmark 1' }).waitFor();
    await page.getByText('Host system 1', { exact: true }).click();
    await page.getByText('2,600 MHz').waitFor();
    await page.getByText('scores').waitFor();
    await page.getByText('Setup', { exact: true }).click();
    await page.getByText(`seed: ${LARGE}`).waitFor();
    await page.getByText('Chain spec', { exact: true }).click();
    await page.getByText(`name: "${HOSTILE}"`).waitFor();
    await page.getByText('No traced calls in this time range.').waitFor();
    await shown.expectAccessible();
  });

  it('shows the profile of a run, an event and a target, and calls over time', async () => {
    await storeCalls([
      { minute: 1, time: 1_000 },
      { minute: 5, time: '3000' },
      { minute: 6, time: 5_000, target: 'balances' },
      { minute: 6, time: 40_000_000, name: HOSTILE, target: HOSTILE },
      { minute: 20, time: 9_000 },
      { minute: 30, time: 1, name: 'later' },
    ]);
    await created('/benchmarks', runOf(0, 25));
    for (const [phase, minute] of [
      ['start', 5],
      ['end', 10],
      ['start', 20],
    ] as const) {
      await created('/benchmarks/events', { benchmark_id: 1, name: HOSTILE, phase, created_at: at(minute) });
    }
    const shown = await open({ id: '1' });
    const { page } = shown;
    const profile = page.getByRole('table', { name: 'Duration of calls' });
    await expect
      .poll(() => cellsOf(profile))
      .toEqual([
        [HOSTILE, HOSTILE, '40 ms', '1', '40 ms', '40 ms', '40 ms', '40 ms', '40 ms'],
        ['system', 'call', '13 µs', '3', '4.33 µs', '3 µs', '7.8 µs', '1 µs', '9 µs'],
        ['balances', 'call', '5 µs', '1', '5 µs', '5 µs', '5 µs', '5 µs', '5 µs'],
      ]);
    await page.getByRole('button', { name: 'Calls' }).click();
    await expect.poll(() => profile.locator('th[aria-sort=descending]').innerText()).toContain('Calls');
    await expect.poll(async () => (await cellsOf(profile))[0]?.[0]).toBe('system');
    await page.getByRole('button', { name: HOSTILE, pressed: false }).first().click();
    await expect
      .poll(async () => (await cellsOf(profile)).map(([target, , , count]) => [target, count]))
      .toEqual([
        ['system', '2'],
        [HOSTILE, '1'],
        ['balances', '1'],
      ]);
    await page.getByLabel('Load up to').check();
    await page.getByText('2 call names.').waitFor();
    const chart = page.locator('figure.chart').filter({ has: page.getByText('call', { exact: true }) });
    await chart.getByText('As a table').click();
    await expect
      .poll(async () => (await cellsOf(chart.locator('details table'))).map((cells) => cells.slice(1)))
      .toEqual([
        ['–', '9 µs'],
        ['5 µs', '–'],
        ['–', '3 µs'],
      ]);
    await page.getByRole('combobox', { name: 'Target', exact: true }).selectOption('balances');
    await page.getByText('1 call name.').waitFor();
    await expect.poll(async () => (await cellsOf(profile)).length).toBe(1);
    await page.reload();
    await page.getByText('1 call name.').waitFor();
    expect(await page.getByLabel('During').inputValue()).toBe(HOSTILE);
    await page.getByLabel('During').selectOption('');
    await page.getByRole('combobox', { name: 'Target', exact: true }).selectOption('');
    await page.getByText('2 call names.').waitFor();
    await shown.expectAccessible();
  });

  it('compares two runs, and shows which is slower', async () => {
    await storeCalls([
      { minute: 1, time: 1_000 },
      { minute: 1, time: 500, name: HOSTILE },
      { minute: 2, time: 70, name: 'gone' },
      { minute: 11, time: 2_000 },
      { minute: 11, time: 250, name: HOSTILE },
    ]);
    await created('/benchmarks', { ...runOf(0, 5), description: HOSTILE });
    await created('/benchmarks', { ...runOf(10, 15), description: 'after' });
    const shown = await open();
    const { page } = shown;
    expect(await page.getByLabel('Base').inputValue()).toBe('1');
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByRole('heading', { name: 'Benchmarks 1 and 2' }).waitFor();
    const table = page.getByRole('table', { name: 'Duration of calls' });
    await expect
      .poll(() => cellsOf(table))
      .toEqual([
        ['system', 'call', '1', '1', '1 µs', '2 µs', '2 slower', '1 µs', '2 µs', '2 slower'],
        ['system', HOSTILE, '1', '1', '500 ns', '250 ns', '0.5 faster', '500 ns', '250 ns', '0.5 faster'],
        ['system', 'gone', '1', '–', '70 ns', '–', '–', '70 ns', '–', '–'],
      ]);
    await page.getByRole('link', { name: `1: ${HOSTILE}` }).waitFor();
    await shown.expectAccessible();
    await page.getByRole('link', { name: 'Swap' }).click();
    await page.getByRole('heading', { name: 'Benchmarks 2 and 1' }).waitFor();
    await expect
      .poll(async () => (await cellsOf(table))[0]?.slice(1, 7))
      .toEqual([HOSTILE, '1', '1', '250 ns', '500 ns', '2 slower']);
  });

  it('creates a host system, a run and its events', async () => {
    await storeCalls([{ minute: 5, time: 1_000 }]);
    const shown = await open({ peer_id: PEER });
    const { page } = shown;
    await page.getByText('No benchmarks yet.').waitFor();
    await describeHostSystem(page);
    await page.getByText('Host system 1 created.').waitFor();
    await page.reload();
    await page.getByText('New benchmark', { exact: true }).click();
    const form = page.getByRole('form', { name: 'New benchmark' });
    await form.getByLabel('Notes').fill(HOSTILE);
    await form.getByLabel('End (').fill('1999-01-01T00:00:00');
    await form.getByLabel('Start (').fill('1999-01-01T00:00:01');
    await form.getByRole('button').click();
    await page.getByRole('alert').waitFor();
    await form.getByLabel('End (').fill('');
    await form.getByLabel('Host system').selectOption('1');
    await form.getByRole('button').click();
    const heading = page.getByRole('heading', { name: /^Benchmark [0-9]+$/ });
    const id = (await heading.innerText()).slice('Benchmark '.length);
    await page.getByText('Add event').click();
    const event = page.getByRole('form', { name: 'Add event' });
    await event.getByLabel('Event').fill(HOSTILE);
    await event.getByRole('button').click();
    await page.getByText(`Added the start of “${HOSTILE}”.`).waitFor();
    await event.getByLabel('Phase').selectOption('end');
    await event.getByRole('button').click();
    const events = page.getByRole('table', { name: 'Choose an event' });
    await expect
      .poll(async () => (await cellsOf(events)).map((cells) => cells.slice(1)))
      .toEqual([
        [HOSTILE, 'start'],
        [HOSTILE, 'end'],
      ]);
    // The time that was filled in is that of the reader's clock.
    const { body } = await ask(dashboard.server, 'GET', `/benchmarks/${id}`);
    expect(body).toMatchObject({
      ts_start: '1998-12-31T23:00:01.000000Z',
      host_system_id: 1,
      description: HOSTILE,
    });
    // The browser says on the console that a request was refused.
    expect(shown.problems.filter((problem) => !problem.includes('400'))).toEqual([]);
  });

  it('reports missing runs and overload of the server', async () => {
    const none = await open({ id: '77' });
    await none.page.getByText('There is no benchmark with this id.').waitFor();
    await created('/benchmarks', runOf(0, 5));
    const { page } = await open({ id: '1', over_time: '1', event: 'nothing' });
    await page.getByRole('alert').first().waitFor();
    await answerWith503(page, '**/nodes/logs*', 'Too many exports.');
    await page.getByLabel('During').selectOption('');
    await page.getByText('Too many exports.').waitFor();
    await page.unroute('**/nodes/logs*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Choose another event or target above.').waitFor();
  });

  it.each(NAMED_LOOKS)('%s, is accessible', async (_, look) => {
    const long = 'frame_support::storage::generator::'.repeat(20);
    await storeCalls([
      ...Array.from({ length: 50 }, (_, n) => ({ minute: 1 + (n % 20), time: n, name: `name ${n % 40}` })),
      { minute: 3, time: 7, name: long, target: long },
    ]);
    await created('/benchmarks', { ...runOf(0, 10), description: long });
    await created('/benchmarks', runOf(10, 20));
    await created('/benchmarks/events', {
      benchmark_id: 1,
      name: long.slice(0, 255),
      phase: 'start',
      created_at: at(1),
    });
    const list = await open({}, look);
    await list.page.getByText('New benchmark', { exact: true }).click();
    await list.page.getByRole('table', { name: 'Benchmarks, newest first' }).waitFor();
    await list.expectAccessible();
    const run = await open({ id: '1', over_time: '1' }, look);
    await run.page.locator('figure.chart').first().waitFor();
    await run.page.getByText('Add event').click();
    await run.page.getByRole('table', { name: 'Duration of calls' }).waitFor();
    await run.expectAccessible();
    const comparison = await open({ base: '1', head: '2' }, look);
    await comparison.page.getByRole('table', { name: 'Duration of calls' }).waitFor();
    await comparison.expectAccessible();
  });

  it('is small enough', async () => {
    expect(await dashboard.assets.compressedBytes()).toBeLessThanOrEqual(150_000);
  });
});

function open(query: Record<string, string> = {}, look: Look = {}): Promise<TestPage> {
  return dashboard.page(`benchmarks/?${new URLSearchParams(query).toString()}`, look);
}

async function created(path: string, body: object | string): Promise<void> {
  expect((await ask(dashboard.server, 'POST', path, body)).status).toBe(201);
}

function runOf(start: number, end: number): object {
  return { setup: { substrate: { peerId: PEER } }, ts_start: at(start), ts_end: at(end) };
}

interface Call {
  minute: number;
  time: number | string;
  name?: string;
  target?: string;
}

/** What the node sent while it ran. */
async function storeCalls(calls: readonly Call[]): Promise<void> {
  await using storage = new TestStorage(dashboard.database.url);
  const times = calls.map(({ minute }) => T0 + minute * MINUTE_MS);
  const [oldestCreatedAt, newestCreatedAt] = [Math.min(...times), Math.max(...times)];
  const connection = snapshot({ peerId: PEER, name: HOSTILE, oldestCreatedAt, newestCreatedAt });
  const rows = calls.map(({ minute, time, name = 'call', target = 'system' }) =>
    row({
      at: T0 + minute * MINUTE_MS,
      connectionId: connection.id,
      msg: 'tracing.profiling',
      logs: JSON.stringify({ msg: 'tracing.profiling', time, name, target }),
    }),
  );
  await storage.store(batch({ connections: [connection], expiring: rows }));
}

/** The texts of the cells of the body. */
async function cellsOf(table: Locator): Promise<string[][]> {
  const rows = await table.locator('tbody tr').all();
  return await Promise.all(
    rows.map(async (found) => (await found.locator('td').allTextContents()).map(plain)),
  );
}

function plain(text: string): string {
  return text.replaceAll('\u00a0', ' ');
}
