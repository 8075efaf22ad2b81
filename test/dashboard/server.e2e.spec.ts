import { Logger } from '@nestjs/common';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { DashboardAssets } from './dashboard-assets.js';
import { TestDatabase } from '../support/databases.js';
import { sharedServer } from '../support/shared-server.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';

describe('the pages of the server', () => {
  let assets: DashboardAssets | undefined;
  const shared = sharedServer(async () => {
    assets = await DashboardAssets.build('.');
    return { ASSETS_PATH: assets.path };
  });

  afterAll(async () => {
    await assets?.[Symbol.asyncDispose]();
  });

  it('are served with security headers, compression and caching', async () => {
    const { server } = shared();
    const page = await server.get('/dashboard/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';style-src 'self';");
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
    const script = /src="([^"]+\.js)"/.exec(html)?.[1] ?? '';
    const asset = await server.get(script);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    const moved = await fetch(`${server.http}/dashboard`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([301, '/dashboard/']);
  });

  it('pass missing files to the routes, and serve nothing outside of their folder', async () => {
    const { server } = shared();
    for (const path of [
      '/dashboard/none/',
      '/none.svg',
      '/dashboard/%2e%2e/%2e%2e/etc/passwd',
      '/dashboard/.env',
    ]) {
      const answer = await server.get(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await server.get('/openapi.json')).status).toBe(200);
  });

  it('are served at / for clients that prefer HTML; others get JSON', async () => {
    const { server } = shared();
    const browser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
    const html = await fetch(server.http, { headers: browser });
    expect(html.headers.get('content-type')).toContain('text/html');
    expect(html.headers.get('vary')).toContain('Accept');
    for (const accept of ['*/*', 'application/json']) {
      const json = await fetch(server.http, { headers: { Accept: accept } });
      expect(await json.json()).toMatchObject({ name: 'tetcore-analytics' });
      expect(json.headers.get('vary')).toContain('Accept');
    }
  });

  it('are optional', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { ASSETS_PATH: '/nowhere' });
    const answer = await fetch(server.http, { headers: { Accept: 'text/html' } });
    expect(answer.status).toBe(200);
    expect((await server.get('/dashboard/')).status).toBe(404);
  });

  it('of 0.1.4 are not served, and the start tells what to do', async () => {
    await using database = await TestDatabase.create();
    const folder = await tempDir('assets-of-0.1.4');
    await mkdir(join(folder, 'benchmarks'));
    await writeFile(join(folder, 'benchmarks/index.html'), '<script>draw()</script>');
    const warn = vi.spyOn(Logger.prototype, 'warn');
    await using server = await TestServer.ready(database.url, { ASSETS_PATH: folder });
    const lines = warn.mock.calls.map(([line]) => String(line));
    warn.mockRestore();
    await rm(folder, { recursive: true });
    expect(lines).toContainEqual(
      expect.stringContaining('It has the pages of 0.1.4, which do not work here.'),
    );
    expect((await server.get('/dashboard/benchmarks/')).status).toBe(404);
  });
});
