import { longestStalled, type OpenResponse, slowest } from './response-body.js';
import type { ResponseLimits } from './response-limits.js';

type Limits = Pick<
  ResponseLimits,
  'bufferedBytes' | 'bufferedBytesOfAddress' | 'evictHeldAfterMs' | 'evictSlowAfterMs' | 'evictBytesPerS'
>;

interface Held {
  address: string;
  bytes: number;
}

/**
 * Counts the bytes of responses that are buffered for clients, in total and by address. When it is full, it evicts a
 * response: the one stalled for longest, if that is long enough; one of the address with the most bytes, for an address
 * with fewer; or the one whose client is slowest.
 */
export class ResponseMemory {
  private bytes = 0;
  private readonly bytesOf = new Map<string, number>();
  private readonly held = new Map<OpenResponse, Held>();

  constructor(private readonly limits: Limits) {}

  get size(): number {
    return this.bytes;
  }

  /** @returns why there is no room; undefined if the bytes were added, and must be removed later */
  add(response: OpenResponse, address: string, bytes: number): 'memory' | 'memory_of_address' | undefined {
    const { bufferedBytes, bufferedBytesOfAddress } = this.limits;
    while (this.of(address) + bytes > bufferedBytesOfAddress) {
      if (!this.evict(this.stalled(this.responsesOf(address)))) return 'memory_of_address';
    }
    while (this.bytes + bytes > bufferedBytes) {
      if (!this.evict(this.toEvict(this.of(address) + bytes))) return 'memory';
    }
    const held = this.held.get(response) ?? { address, bytes: 0 };
    held.bytes += bytes;
    this.held.set(response, held);
    this.bytes += bytes;
    this.bytesOf.set(address, this.of(address) + bytes);
    return undefined;
  }

  /** Removes at most what was added. */
  remove(response: OpenResponse, bytes: number): void {
    const held = this.held.get(response);
    if (held === undefined) return;
    const removed = Math.min(bytes, held.bytes);
    held.bytes -= removed;
    if (held.bytes === 0) this.held.delete(response);
    this.bytes -= removed;
    const left = this.of(held.address) - removed;
    if (left > 0) this.bytesOf.set(held.address, left);
    else this.bytesOf.delete(held.address);
  }

  private of(address: string): number {
    return this.bytesOf.get(address) ?? 0;
  }

  private responsesOf(address: string): OpenResponse[] {
    return [...this.held].filter(([, held]) => held.address === address).map(([response]) => response);
  }

  /** @param bytes that the address that needs room would then have */
  private toEvict(bytes: number): OpenResponse | undefined {
    const { evictSlowAfterMs, evictBytesPerS } = this.limits;
    const all = [...this.held.keys()];
    return this.stalled(all) ?? this.unfair(bytes) ?? slowest(all, evictSlowAfterMs, evictBytesPerS);
  }

  private stalled(responses: Iterable<OpenResponse>): OpenResponse | undefined {
    return longestStalled(responses, this.limits.evictHeldAfterMs);
  }

  /** A response of the address with the most bytes, if that has at least as many bytes without it. */
  private unfair(bytes: number): OpenResponse | undefined {
    let [largest, max] = ['', 0];
    for (const [address, ofAddress] of this.bytesOf)
      if (ofAddress > max) [largest, max] = [address, ofAddress];
    const response = longestStalled(this.responsesOf(largest), 0);
    if (response === undefined) return undefined;
    return max - (this.held.get(response)?.bytes ?? 0) >= bytes ? response : undefined;
  }

  private evict(response: OpenResponse | undefined): boolean {
    if (response === undefined) return false;
    this.remove(response, Infinity);
    response.evict();
    return true;
  }
}

/** The beginning of a response, or all of it, buffered until the client reads it. */
export class BufferedBody {
  /** The first part stays a string, so that it is written together with the headers. */
  private readonly parts: (string | Buffer)[] = [];
  private bytes = 0;
  /** Why there is no room for more. The first part needs none: it goes to the kernel's buffer. */
  rejection: 'memory' | 'memory_of_address' | undefined;

  constructor(
    private readonly memory: ResponseMemory,
    private readonly response: OpenResponse,
    private readonly address: string,
    private readonly limit: number,
  ) {}

  /** Bytes of all parts that were added. */
  get length(): number {
    return this.bytes;
  }

  /** All parts. */
  get all(): readonly (string | Buffer)[] {
    return this.parts;
  }

  /** @returns whether there is room for more. The text is buffered in any case */
  add(text: string | Buffer): boolean {
    if (this.parts.length === 0 && typeof text === 'string') {
      this.parts.push(text);
      this.bytes = Buffer.byteLength(text);
      return true;
    }
    const part = typeof text === 'string' ? Buffer.from(text) : text;
    this.parts.push(part);
    this.bytes += part.length;
    this.rejection = this.memory.add(this.response, this.address, part.length);
    return this.rejection === undefined && this.bytes < this.limit;
  }

  /** Removes the parts one by one. Each is no longer counted once the next one is requested. */
  *take(): Generator<string | Buffer, void, undefined> {
    for (;;) {
      const part = this.parts.shift();
      if (part === undefined) return;
      yield part;
      if (typeof part !== 'string') this.memory.remove(this.response, part.length);
    }
  }

  /** Removes all remaining parts. */
  clear(): void {
    this.parts.length = 0;
    this.memory.remove(this.response, Infinity);
  }
}
