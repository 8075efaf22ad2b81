import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A text, a text so many times, or bytes. */
type Part = string | [text: string, times: number] | { hex: string };

interface OddFrame {
  what: string;
  /** `message`, or the reason that it is rejected for. */
  is: string;
  bytes: Buffer;
}

/** What nodes send, and what they could send, of every kind that is known: from well-formed to hopeless. */
export function oddFrames(): OddFrame[] {
  const file = resolve(import.meta.dirname, '../fixtures/odd-frames.json');
  const frames = JSON.parse(readFileSync(file, 'utf8')) as { what: string; is: string; frame: Part[] }[];
  return frames.map(({ what, is, frame }) => ({ what, is, bytes: Buffer.concat(frame.map(bytesOf)) }));
}

function bytesOf(part: Part): Buffer {
  if (typeof part === 'string') return Buffer.from(part);
  return Array.isArray(part) ? Buffer.from(part[0].repeat(part[1])) : Buffer.from(part.hex, 'hex');
}
