import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A text of each part, or its bytes. */
export type BodyParts = readonly (string | Buffer)[];

/** The body of a response that many ask for. */
export interface SharedBody {
  bytes: Buffer;
  /** For `If-None-Match`. Weak: a response may be compressed. */
  etag: string;
}

/** Since the reading began. */
const MAX_AGE_MS = 1_000;
const MAX_TOTAL_BYTES = 16 * 1024 * 1024;
/** A larger one is read by each who asks. */
export const MAX_SHARED_BYTES = 2 * 1024 * 1024;

/** Bodies of lists that many ask for: each is read once, for all who ask while it is read or within a second of that. */
export class SharedBodies {
  private readonly bodies = new LRUCache<string, SharedBody>({
    maxSize: MAX_TOTAL_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
    ttl: MAX_AGE_MS,
  });
  private readonly reading = new Map<string, Promise<SharedBody | null>>();

  /** What is kept, or is being read by another, null if that fails; undefined if there is neither. */
  find(key: string): SharedBody | Promise<SharedBody | null> | undefined {
    return this.bodies.get(key) ?? this.reading.get(key);
  }

  /**
   * Begins to read a body, for others too.
   *
   * @returns to be called with the whole body, or without one if it failed or is too large. Further calls do nothing
   */
  begin(key: string): (parts: BodyParts | undefined) => SharedBody | undefined {
    const start = performance.now();
    let isDone = false;
    let resolve: (body: SharedBody | null) => void = () => undefined;
    this.reading.set(key, new Promise((done) => (resolve = done)));
    return (parts) => {
      if (isDone) return undefined;
      isDone = true;
      const body = parts === undefined ? undefined : bodyOf(parts);
      if (body !== undefined) this.bodies.set(key, body, { start });
      this.reading.delete(key);
      resolve(body ?? null);
      return body;
    };
  }
}

function bodyOf(parts: BodyParts): SharedBody {
  const bytes = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return { bytes, etag: `W/"${createHash('sha1').update(bytes).digest('base64url')}"` };
}
