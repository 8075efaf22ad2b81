import { Logger } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { FeedOutage } from './polling.js';

describe('FeedOutage', () => {
  it('logs once for each part of the feed that it is stale, and once that it is up to date again', () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const log = vi.spyOn(Logger.prototype, 'log').mockReturnValue(undefined);
    vi.spyOn(Logger.prototype, 'debug').mockReturnValue(undefined);
    const outages = ['new messages', 'the nodes'].map(
      (what) => new FeedOutage(what, { set: () => undefined }),
    );
    for (const outage of [...outages, ...outages]) outage.failed(new Error('no route'));
    for (const outage of [...outages, ...outages]) outage.succeeded();
    expect(warn.mock.calls).toEqual([
      ['The live feed is stale: new messages cannot be read, retrying: Error: no route'],
      ['The live feed is stale: the nodes cannot be read, retrying: Error: no route'],
    ]);
    expect(log.mock.calls).toEqual([
      ['The live feed is up to date again with new messages, after 0 s.'],
      ['The live feed is up to date again with the nodes, after 0 s.'],
    ]);
    vi.restoreAllMocks();
  });
});
