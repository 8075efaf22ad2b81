import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame } from '../../../test/support/raw-socket.js';
import { FrameMeter, MessageDeadline } from './frame-meter.js';

const CHUNK_BYTES = 1_024;

/** What a client sends: whole messages in one or more frames, with pings between them. */
const messages = fc.array(
  fc.record({
    parts: fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 1, maxLength: 4 }),
    pings: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

function framesOf(parts: readonly number[], pings: boolean): Buffer {
  const frames = parts.flatMap((size, index) => [
    frame(Buffer.alloc(size), { opcode: index === 0 ? 2 : 0, fin: index === parts.length - 1 }),
    ...(pings && index < parts.length - 1 ? [frame('x', { opcode: 9 })] : []),
  ]);
  return Buffer.concat(frames);
}

function chunksOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('FrameMeter', () => {
  it('counts the bytes of an incomplete message, for any chunks', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 65_536 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(messages, sizes, (sent, cuts) => {
        const whole = sent.map(({ parts, pings }) => framesOf(parts, pings));
        const ends = new Set<number>();
        whole.reduce((at, bytes) => (ends.add(at + bytes.length), at + bytes.length), 0);
        const meter = new FrameMeter();
        let at = 0;
        let held = 0;
        for (const chunk of chunksOf(
          Buffer.concat(whole),
          cuts.map((size) => Math.max(size, 500)),
        )) {
          held += meter.read(chunk);
          at += chunk.length;
          const start = Math.max(0, ...[...ends].filter((end) => end <= at));
          expect(meter.unfinished).toBe(at - start);
          expect(meter.held).toBe(held);
          expect(meter.held).toBeGreaterThanOrEqual(meter.unfinished);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('measures the chunks of a message from its first byte to its last', () => {
    const meter = new FrameMeter();
    const bytes = frame(Buffer.alloc(1_000));
    for (const byte of bytes.subarray(0, 100)) meter.read(Buffer.from([byte]));
    expect(meter.held).toBe(100 * (CHUNK_BYTES + 1));
    expect(meter.unfinished).toBe(100);
    meter.read(bytes.subarray(100));
    expect(meter.held).toBe(CHUNK_BYTES + bytes.length - 100);
    expect(meter.unfinished).toBe(0);
    meter.read(frame('x'));
    expect(meter.held).toBe(CHUNK_BYTES + frame('x').length);
  });

  it('distinguishes one incomplete message from the next', () => {
    const meter = new FrameMeter();
    const bytes = frame(Buffer.alloc(300));
    meter.read(bytes.subarray(0, 200));
    const first = meter.begun;
    meter.read(frame('x').subarray(0, 0));
    expect(meter.begun).toBe(first);
    meter.read(Buffer.concat([bytes.subarray(200), bytes.subarray(0, 10)]));
    expect([meter.begun, meter.unfinished]).toEqual([first + 1, 10]);
  });

  it('follows a fragmented message through pings and empty frames', () => {
    const meter = new FrameMeter();
    const parts = [
      frame('a', { fin: false }),
      frame('', { opcode: 0, fin: false }),
      frame('p', { opcode: 9 }),
      frame('b', { opcode: 0, fin: false }),
    ];
    for (const part of parts) meter.read(part);
    expect(meter.unfinished).toBe(Buffer.concat(parts).length);
    meter.read(frame('', { opcode: 0 }));
    expect(meter.unfinished).toBe(0);
  });
});

/** Seconds after which a message that grows by so many bytes a second is overdue; undefined within an hour. */
function overdueAfterS(bytesPerS: number, deadline = new MessageDeadline()): number | undefined {
  for (let second = 0; second < 3_600; second += 1) {
    if (deadline.isOver({ begun: 1, unfinished: 1 + second * bytesPerS }, 1_000)) return second;
  }
  return undefined;
}

describe('MessageDeadline', () => {
  it('allows 30 s for a message, and more for one that arrives slowly', () => {
    expect(overdueAfterS(0)).toBe(31);
    expect(overdueAfterS(1)).toBe(31);
    expect(overdueAfterS(2_048)).toBe(61);
  });

  it('allows a message of 512 KiB at 4 KiB a second', () => {
    expect(overdueAfterS(4_096)).toBeUndefined();
  });

  it('starts anew for each message', () => {
    const deadline = new MessageDeadline();
    for (let begun = 1; begun < 100; begun += 1) {
      expect(deadline.isOver({ begun, unfinished: 5 }, 20_000)).toBe(false);
      expect(deadline.isOver({ begun, unfinished: 5 }, 20_000)).toBe(false);
      expect(deadline.isOver({ begun, unfinished: 0 }, 20_000)).toBe(false);
    }
    expect(deadline.isOver({ begun: 100, unfinished: 5 }, 0)).toBe(false);
    expect(deadline.isOver({ begun: 100, unfinished: 5 }, 31_000)).toBe(true);
  });
});
