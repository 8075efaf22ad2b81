/** Type 0 stands for the first message of a client, which has no type. */
export interface WireMessage {
  type: number;
  /** The whole message as it came. */
  bytes: Buffer;
}

const LENGTH_BYTES = 4;

/** Cuts what goes over a connection into PostgreSQL's messages; see chapter 54.7 of its manual. */
export class MessageStream {
  private chunks: Buffer[] = [];
  private held = 0;
  private wanted = 1 + LENGTH_BYTES;

  /** @param untyped whether the first message has no type, as that of a client */
  constructor(private untyped: boolean) {}

  /** The messages that are whole with this. */
  *feed(chunk: Buffer): Generator<WireMessage> {
    this.chunks.push(chunk);
    this.held += chunk.length;
    while (this.held >= this.wanted) {
      let buffer = this.chunks.length === 1 ? (this.chunks[0] ?? chunk) : Buffer.concat(this.chunks);
      const head = this.untyped ? 0 : 1;
      const length = head + buffer.readUInt32BE(head);
      if (buffer.length < length) {
        this.chunks = [buffer];
        this.wanted = length;
        return;
      }
      const message = { type: this.untyped ? 0 : buffer.readUInt8(0), bytes: buffer.subarray(0, length) };
      buffer = buffer.subarray(length);
      this.chunks = buffer.length === 0 ? [] : [buffer];
      this.held = buffer.length;
      this.wanted = 1 + LENGTH_BYTES;
      this.untyped = false;
      yield message;
    }
  }
}
