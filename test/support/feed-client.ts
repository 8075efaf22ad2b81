import { WebSocket } from 'ws';
import type { Closing, FakeNodeOptions } from './fake-node.js';
import { waitUntil } from './wait-until.js';

/** The answer to a frame that is not JSON. */
const NOT_JSON = 'A frame must be one JSON object.';

export type FeedRow = Record<string, unknown> & { created_at: string };

export interface FeedFrame {
  peer_message: { peer_id: string; msg: string };
  data: FeedRow[];
}

/** A dashboard: subscribes to the live feed and keeps what it gets. */
export class FeedClient {
  readonly frames: FeedFrame[] = [];
  /** The same as they came. */
  readonly texts: string[] = [];
  readonly errors: string[] = [];
  /** What it was told of how late the feed is, in order. */
  readonly staleSince: (string | null)[] = [];
  readonly closed: Promise<Closing>;
  pings = 0;

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), at: Date.now() }));
    });
    socket.on('error', () => undefined);
    socket.on('ping', () => (this.pings += 1));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      const frame = JSON.parse(text) as FeedFrame | { error: string } | { stale_since: string | null };
      if ('error' in frame) this.errors.push(frame.error);
      else if ('stale_since' in frame) this.staleSince.push(frame.stale_since);
      else {
        this.frames.push(frame);
        this.texts.push(text);
      }
    });
  }

  /** @param ws the server's address, without a path */
  static async connect(ws: string, options: FakeNodeOptions = {}): Promise<FeedClient> {
    const client = new FeedClient(new WebSocket(`${ws}/feed`, options));
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    return client;
  }

  /** All rows so far, of all subscriptions. */
  get rows(): FeedRow[] {
    return this.frames.flatMap((frame) => frame.data);
  }

  rowsOf(peerId: string, msg: string): FeedRow[] {
    return this.frames
      .filter(({ peer_message }) => peer_message.peer_id === peerId && peer_message.msg === msg)
      .flatMap((frame) => frame.data);
  }

  /** The newest state of each aggregate, as a dashboard would keep it. */
  get aggregates(): Map<string, FeedRow> {
    return new Map(
      this.rows.map((row) => [`${row.created_at} ${String(row.target)} ${String(row.name)}`, row]),
    );
  }

  subscribe(peerId: string, msg: string, more: object = {}): void {
    this.send({
      peer_id: peerId,
      msg,
      interest: 'subscribe',
      start_time: '2020-01-01T00:00:00.000',
      ...more,
    });
  }

  unsubscribe(peerId: string, msg: string, more: object = {}): void {
    this.send({ peer_id: peerId, msg, interest: 'unsubscribe', ...more });
  }

  send(request: unknown): void {
    this.socket.send(typeof request === 'string' ? request : JSON.stringify(request));
  }

  /** Waits until all that was sent before has been followed: an answer comes to what is sent last. */
  async settled(): Promise<void> {
    const before = this.errors.length;
    const place = (): number => this.errors.indexOf(NOT_JSON, before);
    this.send('?');
    // Answers to what was sent before may come meanwhile.
    await waitUntil(() => place() >= 0, { what: 'the answer to a request mark' });
    this.errors.splice(place(), 1);
  }

  async has(rows: number, timeoutMs = 10_000): Promise<void> {
    await waitUntil(() => this.rows.length >= rows, { what: `${rows.toString()} rows`, timeoutMs });
  }

  close(): Promise<Closing> {
    this.socket.close();
    return this.closed;
  }
}
