/**
 * What a chunk takes beside its bytes, about: the objects of Node around it. Measured with chunks of one byte, of which
 * each took 1,050 bytes of resident memory.
 */
const CHUNK_BYTES = 1_024;

/** Bytes of a frame's header, at most: 2, the length in 8, the mask in 4. */
const MAX_HEADER = 14;

/** A message may take so long from its first byte to its last: milliseconds, */
const MESSAGE_MS = 30_000;
/** and longer by a second for so many bytes of it that have come, so that a slow line can bring a large one. */
const BYTES_PER_S = 4_096;

/**
 * Follows the frames of a WebSocket (RFC 6455) through the bytes of its socket, to tell how much memory its client
 * makes us hold. A message is held from its first byte to its last, by the chunks that it came in. ws reads the same
 * bytes, and does not say how much it holds.
 */
export class FrameMeter {
  private readonly header = new Uint8Array(MAX_HEADER);
  private headerLength = 0;
  /** Bytes of the frame that are to come. */
  private left = 0;
  private first = 0;
  /** A frame of a message has come, and not its last one. */
  private isFragmented = false;

  /** About the bytes of memory that are held for what has come. */
  held = 0;
  /** Bytes that have come of a message that is not whole; 0 where there is none. */
  unfinished = 0;
  /** Grows with each message that is not whole at the end of the chunk in which it begins. */
  begun = 0;

  /**
   * To be called with each chunk, in order.
   *
   * @returns by how much `held` has changed
   */
  read(chunk: Uint8Array): number {
    const before = this.held;
    const goesOn = this.unfinished > 0;
    const startedAt = this.follow(chunk);
    const size = chunk.length + CHUNK_BYTES;
    if (!this.isWithin) {
      // ws holds on to the last mask, and so to the chunk that it came in.
      this.held = size;
      this.unfinished = 0;
    } else if (goesOn && startedAt === 0) {
      this.held += size;
      this.unfinished += chunk.length;
    } else {
      this.held = size;
      this.unfinished = chunk.length - startedAt;
      this.begun += 1;
    }
    return this.held - before;
  }

  /** Whether more is to come of a message, or of a frame. */
  private get isWithin(): boolean {
    return this.isFragmented || this.left > 0 || this.headerLength > 0;
  }

  /** @returns where in the chunk the last message ends that is whole; 0 where none does */
  private follow(chunk: Uint8Array): number {
    let startedAt = 0;
    for (let at = 0; at < chunk.length;) {
      if (this.left === 0) {
        this.header[this.headerLength++] = chunk[at++] ?? 0;
        if (!this.hasHeader()) continue;
      }
      const bytes = Math.min(this.left, chunk.length - at);
      this.left -= bytes;
      at += bytes;
      if (this.left > 0) break;
      // Frames of control, such as pings, may stand between those of a message.
      if ((this.first & 0x0f) < 8) this.isFragmented = (this.first & 0x80) === 0;
      if (!this.isFragmented) startedAt = at;
    }
    return startedAt;
  }

  /** Whether the header is whole; then it is read. */
  private hasHeader(): boolean {
    const { header, headerLength } = this;
    if (headerLength < 2) return false;
    const [first = 0, second = 0] = header;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const isMasked = (second & 0x80) !== 0;
    if (headerLength < 2 + lengthBytes + (isMasked ? 4 : 0)) return false;
    this.first = first;
    this.headerLength = 0;
    this.left = short;
    if (lengthBytes > 0) {
      this.left = 0;
      for (let at = 2; at < 2 + lengthBytes; at += 1) this.left = this.left * 256 + (header[at] ?? 0);
    }
    return true;
  }
}

/** Whether a message takes longer to come than it may. */
export class MessageDeadline {
  private begun = 0;
  private passedMs = 0;

  /**
   * To be called at intervals. A call counts as one interval however late it is: what had to wait for us is not held
   * against the client.
   */
  isOver({ begun, unfinished }: Pick<FrameMeter, 'begun' | 'unfinished'>, intervalMs: number): boolean {
    if (unfinished === 0 || begun !== this.begun) {
      this.begun = begun;
      this.passedMs = 0;
      return false;
    }
    this.passedMs += intervalMs;
    return this.passedMs >= MESSAGE_MS + (unfinished / BYTES_PER_S) * 1000;
  }
}
