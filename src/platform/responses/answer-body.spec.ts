import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AnswerBody } from './answer-body.js';
import { AnswerLimits } from './answer-limits.js';
import type { AnswerCut } from './answer.metrics.js';

/** The response to a client that takes what is written so many milliseconds later; undefined: never. */
const responseTaken = (afterMs: number | undefined): Writable =>
  new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => {
      if (afterMs !== undefined) setTimeout(done, afterMs);
    },
  });

/** Writes 10 bytes a time until the answer is cut, or so often. @returns why it was cut */
async function write(
  response: Writable,
  { stallMs, bytesPerS = 0, times = 50 }: { stallMs: number; bytesPerS?: number; times?: number },
): Promise<AnswerCut[]> {
  const cuts: AnswerCut[] = [];
  const body = new AnswerBody(response, { stallMs }, (reason) => cuts.push(reason));
  body.bytesPerS = bytesPerS;
  for (let count = 0; count < times; count += 1) if (!(await body.write('0123456789'))) break;
  return cuts;
}

describe('the body of an answer', () => {
  afterEach(() => void vi.useRealTimers());

  it('is cut where the client takes nothing for too long', async () => {
    expect(await write(responseTaken(undefined), { stallMs: 20 })).toEqual(['stalled']);
  });

  it('is cut where the client takes fewer bytes a second than it should, and not before', async () => {
    expect(await write(responseTaken(5), { stallMs: 60, bytesPerS: 1_000_000 })).toEqual(['slow']);
    expect(await write(responseTaken(5), { stallMs: 60, bytesPerS: 1 })).toEqual([]);
    expect(await write(responseTaken(5), { stallMs: 60_000, bytesPerS: 1_000_000 })).toEqual([]);
  });

  it('goes on over a slow link, and not over one that hardly moves', async () => {
    vi.useFakeTimers();
    const { stallMs, streamBytesPerS } = new AnswerLimits();
    for (const [bytesPerS, expected] of [
      [5_000, []],
      [3_000, ['slow']],
    ] as const) {
      const cuts: AnswerCut[] = [];
      const body = new AnswerBody(responseTaken(2_000), { stallMs }, (reason) => cuts.push(reason));
      body.bytesPerS = streamBytesPerS;
      for (let count = 0; count < 20; count += 1) {
        const written = body.write('x'.repeat(bytesPerS * 2));
        await vi.advanceTimersByTimeAsync(2_000);
        await written;
      }
      expect(cuts).toEqual(expected);
    }
  });

  it('is cut where its end is not taken', async () => {
    const response = responseTaken(undefined);
    const cuts: AnswerCut[] = [];
    const body = new AnswerBody(response, { stallMs: 20 }, (reason) => cuts.push(reason));
    response.write('0123456789');
    await body.end();
    expect(cuts).toEqual(['stalled']);
  });
});
