import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface FrameOptions {
  /** 1 text, 2 binary (unless given), 0 continuation, 8 close, 9 ping. */
  opcode?: number;
  fin?: boolean;
  /** The bit that says "compressed". */
  rsv1?: boolean;
  masked?: boolean;
  /** What the header claims, where that is not the length of the payload. */
  length?: bigint;
}

const HANDSHAKE_END = '\r\n\r\n';
const CLOSE = 8;

/** A TCP connection to the server that says whatever it is told to, well-formed or not. */
export class RawSocket {
  private received = Buffer.alloc(0);
  /** Everything that the server said, once the connection has ended. */
  readonly ended: Promise<Buffer>;

  private constructor(readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => (this.received = Buffer.concat([this.received, data])));
    this.ended = new Promise((resolve) => socket.once('close', () => resolve(this.received)));
    // The server may end its side only; a test that wants to stay half-open holds on to it.
    socket.once('end', () => this.onEnd());
  }

  /** What is done when the server ends its side: ends ours, unless replaced. */
  onEnd = (): void => {
    this.socket.end();
  };

  static async connect(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const raw = new RawSocket(socket);
    await once(socket, 'connect');
    return raw;
  }

  /** Opens a WebSocket by hand. */
  static async open(url: string): Promise<RawSocket> {
    const raw = await RawSocket.connect(url);
    raw.socket.write(upgradeRequest(new URL(url).pathname));
    while (!raw.received.includes(HANDSHAKE_END)) await once(raw.socket, 'data');
    if (!raw.text.startsWith('HTTP/1.1 101 ')) throw new Error(`The handshake was refused: ${raw.text}`);
    raw.received = raw.received.subarray(raw.received.indexOf(HANDSHAKE_END) + HANDSHAKE_END.length);
    return raw;
  }

  /** What the server has said so far, after the handshake. */
  get text(): string {
    return this.received.toString('latin1');
  }

  write(...parts: (string | Buffer)[]): void {
    this.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
  }

  /** The code of the server's close frame, when the connection has ended; undefined where there was none. */
  async closeCode(): Promise<number | undefined> {
    const bytes = await this.ended;
    for (let at = 0; at + 2 <= bytes.length; at += 2 + bytes.readUInt8(at + 1)) {
      if ((bytes.readUInt8(at) & 0x0f) === CLOSE) return bytes.readUInt16BE(at + 2);
    }
    return undefined;
  }
}

/** The request that opens a WebSocket. */
export function upgradeRequest(path: string, headers: readonly string[] = []): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  ];
  return lines.join('\r\n') + HANDSHAKE_END;
}

/** One frame as RFC 6455 has it, or as told. */
export function frame(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = 2, fin = true, rsv1 = false, masked = true } = options;
  const body = Buffer.from(payload);
  const length = options.length ?? BigInt(body.length);
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const mask = masked ? 0x80 : 0;
  let head: Buffer;
  if (length < 126n) head = Buffer.from([first, mask | Number(length)]);
  else if (length < 65_536n) {
    head = Buffer.from([first, mask | 126, 0, 0]);
    head.writeUInt16BE(Number(length), 2);
  } else {
    head = Buffer.from([first, mask | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeBigUInt64BE(length, 2);
  }
  // A mask of zeros leaves the payload as it is.
  return masked ? Buffer.concat([head, Buffer.alloc(4), body]) : Buffer.concat([head, body]);
}
