/**
 * Approximate memory of a chunk without its bytes, for the objects of Node.js. Measured with chunks of one byte, each of
 * which used 1,050 bytes of resident memory.
 */
const CHUNK_BYTES = 1_024;

/** Bytes of a frame's header, at most: 2, the length in 8, the mask in 4. */
const MAX_HEADER = 14;

/** Time from the first byte of a message to its last: milliseconds. */
const MESSAGE_MS = 30_000;
/** One second more for so many bytes received, so that a large message can arrive over a slow network. */
const BYTES_PER_S = 4_096;

/**
 * Parses the frames of a WebSocket (RFC 6455) in the bytes of its socket, to measure the memory of a message that is not
 * complete. ws keeps the chunks of a message from its first byte to its last, and does not report their size.
 */
export class FrameMeter {
  private readonly header = new Uint8Array(MAX_HEADER);
  private headerLength = 0;
  /** Bytes of the frame that have not arrived. */
  private left = 0;
  private first = 0;
  /** Whether the last frame of a message has not arrived. */
  private isFragmented = false;

  /** Approximate memory of the data received: bytes. */
  held = 0;
  /** Bytes of an incomplete message; 0 without one. */
  unfinished = 0;
  /** Counts messages that are incomplete at the end of the chunk in which they begin. */
  begun = 0;

  /**
   * To be called with each chunk, in order.
   *
   * @returns the change of `held`
   */
  read(chunk: Uint8Array): number {
    const before = this.held;
    const goesOn = this.unfinished > 0;
    const messageStart = this.follow(chunk);
    const size = chunk.length + CHUNK_BYTES;
    if (!this.isWithin) {
      // ws keeps a reference to the last mask, and so to its chunk.
      this.held = size;
      this.unfinished = 0;
    } else if (goesOn && messageStart === 0) {
      this.held += size;
      this.unfinished += chunk.length;
    } else {
      this.held = size;
      this.unfinished = chunk.length - messageStart;
      this.begun += 1;
    }
    return this.held - before;
  }

  /** Whether a message or a frame is incomplete. */
  private get isWithin(): boolean {
    return this.isFragmented || this.left > 0 || this.headerLength > 0;
  }

  /** @returns the end of the last complete message in the chunk; 0 without one */
  private follow(chunk: Uint8Array): number {
    let messageStart = 0;
    for (let at = 0; at < chunk.length;) {
      if (this.left === 0) {
        if (this.headerLength === 0 && chunk.length - at >= MAX_HEADER) {
          at += this.readHeader(chunk, at);
        } else {
          // It may go on in the next chunk.
          this.header[this.headerLength++] = chunk[at++] ?? 0;
          if (this.headerLength < headerLengthOf(this.header, 0, this.headerLength)) continue;
          this.readHeader(this.header, 0);
          this.headerLength = 0;
        }
      }
      const bytes = Math.min(this.left, chunk.length - at);
      this.left -= bytes;
      at += bytes;
      if (this.left > 0) break;
      // Control frames, such as pings, may be between those of a message.
      if ((this.first & 0x0f) < 8) this.isFragmented = (this.first & 0x80) === 0;
      if (!this.isFragmented) messageStart = at;
    }
    return messageStart;
  }

  /** @returns how many bytes it has */
  private readHeader(bytes: Uint8Array, at: number): number {
    const length = headerLengthOf(bytes, at, MAX_HEADER);
    this.first = bytes[at] ?? 0;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    if (short < 126) {
      this.left = short;
      return length;
    }
    this.left = 0;
    const end = at + (short === 127 ? 10 : 4);
    for (let byte = at + 2; byte < end; byte += 1) this.left = this.left * 256 + (bytes[byte] ?? 0);
    return length;
  }
}

/** A time limit on the arrival of a message. */
export class MessageDeadline {
  private begun = 0;
  private passedMs = 0;

  /**
   * To be called at intervals. A call counts as one interval however late it is: a delay of this process is not the
   * client's.
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

/**
 * Bytes of the header that begins there.
 *
 * @param known how many of its bytes have come
 */
function headerLengthOf(bytes: Uint8Array, at: number, known: number): number {
  if (known < 2) return MAX_HEADER;
  const second = bytes[at + 1] ?? 0;
  const short = second & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  return 2 + lengthBytes + ((second & 0x80) !== 0 ? 4 : 0);
}
