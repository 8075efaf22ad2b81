import type { AnswerMemory } from './answer-memory.js';
import type { Taker } from './taker.js';

/** The beginning of an answer, or all of it, that is held in memory until the client has taken it. */
export class HeldBody {
  /** Texts are one string each while there is one: it is then written with the head of the answer. */
  private readonly parts: (string | Buffer)[] = [];
  private bytes = 0;
  /** Why the account has no room for more. The first part never needs any: the kernel takes it. */
  refusal: 'memory' | 'memory_of_address' | undefined;

  constructor(
    private readonly memory: AnswerMemory,
    private readonly taker: Taker,
    private readonly address: string,
    private readonly limit: number,
  ) {}

  /** Bytes that it had before any was taken. */
  get length(): number {
    return this.bytes;
  }

  /** @returns whether there is room for more; the text is held in any case */
  add(text: string): boolean {
    if (this.parts.length === 0) {
      this.parts.push(text);
      this.bytes = Buffer.byteLength(text);
      return true;
    }
    const part = Buffer.from(text);
    this.parts.push(part);
    this.bytes += part.length;
    this.refusal = this.memory.add(this.taker, this.address, part.length);
    return this.refusal === undefined && this.bytes < this.limit;
  }

  /** Takes the parts out, one by one; none is in the account once the next is asked for. */
  *take(): Generator<string | Buffer, void, undefined> {
    for (;;) {
      const part = this.parts.shift();
      if (part === undefined) return;
      yield part;
      if (typeof part !== 'string') this.memory.remove(this.taker, part.length);
    }
  }

  /** Forgets what has not been taken. */
  clear(): void {
    this.parts.length = 0;
    this.memory.remove(this.taker, Infinity);
  }
}
