import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ResponseBody } from './response-body.js';
import { ResponseLimits } from './response-limits.js';
import type { ResponseAbort } from './response.metrics.js';

/** The response to a client that reads what is written after so many milliseconds, or never. */
const responseReadAfter = (afterMs: number | undefined): Writable =>
  new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => {
      if (afterMs !== undefined) setTimeout(done, afterMs);
    },
  });

/** Writes 10 bytes until the response is aborted, at most `times` times. @returns why it was aborted */
async function write(
  response: Writable,
  { stallMs, bytesPerS = 0, times = 50 }: { stallMs: number; bytesPerS?: number; times?: number },
): Promise<ResponseAbort[]> {
  const aborts: ResponseAbort[] = [];
  const body = new ResponseBody(response, { stallMs }, (reason) => aborts.push(reason));
  body.minBytesPerS = bytesPerS;
  for (let count = 0; count < times; count += 1) if (!(await body.write('0123456789'))) break;
  return aborts;
}

describe('ResponseBody', () => {
  afterEach(() => void vi.useRealTimers());

  it('is aborted if the client reads nothing for stallMs', async () => {
    expect(await write(responseReadAfter(undefined), { stallMs: 20 })).toEqual(['stalled']);
  });

  it('is aborted if the client reads fewer bytes per second than it must, and not before', async () => {
    expect(await write(responseReadAfter(5), { stallMs: 60, bytesPerS: 1_000_000 })).toEqual(['slow']);
    expect(await write(responseReadAfter(5), { stallMs: 60, bytesPerS: 1 })).toEqual([]);
    expect(await write(responseReadAfter(5), { stallMs: 60_000, bytesPerS: 1_000_000 })).toEqual([]);
  });

  it('continues over a slow connection above the minimum speed, and is aborted below it', async () => {
    vi.useFakeTimers();
    const { stallMs, streamBytesPerS } = new ResponseLimits();
    for (const [bytesPerS, expected] of [
      [5_000, []],
      [3_000, ['slow']],
    ] as const) {
      const aborts: ResponseAbort[] = [];
      const body = new ResponseBody(responseReadAfter(2_000), { stallMs }, (reason) => aborts.push(reason));
      body.minBytesPerS = streamBytesPerS;
      for (let count = 0; count < 20; count += 1) {
        const written = body.write('x'.repeat(bytesPerS * 2));
        await vi.advanceTimersByTimeAsync(2_000);
        await written;
      }
      expect(aborts).toEqual(expected);
    }
  });

  it('is aborted if the client does not read its end', async () => {
    const response = responseReadAfter(undefined);
    const aborts: ResponseAbort[] = [];
    const body = new ResponseBody(response, { stallMs: 20 }, (reason) => aborts.push(reason));
    response.write('0123456789');
    await body.end();
    expect(aborts).toEqual(['stalled']);
  });
});
