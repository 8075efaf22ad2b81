/**
 * What a chunk takes beside its bytes, about: the objects of Node around it. Measured with chunks of one byte, of which
 * each took 1,050 bytes of resident memory.
 */
const CHUNK_BYTES = 1_024;

/** Bytes of a frame's header, at most: 2, the length in 8, the mask in 4. */
const MAX_HEADER = 14;

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
      // Frames of control, such as pings, may stand between those of a message.
      if ((this.first & 0x0f) < 8) this.isFragmented = (this.first & 0x80) === 0;
      if (!this.isFragmented) startedAt = at;
    }
    return startedAt;
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
