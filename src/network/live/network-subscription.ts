import type { Outbox } from '../../feed/index.js';
import type { NodeField } from '../network.dto.js';
import type { NetworkView, ViewPosition } from '../view/network-view.js';

/** The parsed request of a subscription. */
export interface NetworkSubscribeRequest {
  /** The chain as in the request. */
  network: string;
  fields: readonly NodeField[];
  /** Whether the client continues from a state that it has. */
  continues: boolean;
  /** @returns the stamp in a view of the state that the client has: microseconds since the epoch by the database */
  startIn: (view: NetworkView) => number;
}

interface NetworkUpdate {
  data: Buffer;
  rows: number;
}

/**
 * The subscription of a socket to a chain. A client that is behind gets the newest state, once. A subscription by name
 * waits until its chain is known.
 */
export class NetworkSubscription implements Outbox {
  private view: NetworkView | undefined;
  private stop: (() => void) | undefined;
  private stamp = -Infinity;
  /** The rest of a complete state that was sent in part. */
  private rest: ViewPosition | undefined;
  /** A frame that is sent before frames of the view. */
  private first: NetworkUpdate | undefined;
  private hasFirst = false;
  private open = true;
  private rejected = false;

  /**
   * @param onReadable is called when there may be a frame to send
   * @param onEnd is called once
   */
  constructor(
    private readonly request: NetworkSubscribeRequest,
    private readonly onReadable: (sending: Outbox) => void,
    private readonly onEnd: (subscription: NetworkSubscription) => void = () => undefined,
  ) {}

  get isOpen(): boolean {
    return this.open;
  }

  /** It will send no further frames. */
  get hasEnded(): boolean {
    return this.rejected && this.first === undefined;
  }

  get network(): string {
    return this.request.network;
  }

  /** Whether it continues from the state that the client has. */
  get continues(): boolean {
    return this.request.continues && this.view === undefined && !this.hasFirst;
  }

  /** The key of its chain; undefined while that is unknown. */
  get chain(): string | undefined {
    return this.view?.chain;
  }

  /** Whether no node of its chain is known to be connected. */
  get isEmpty(): boolean {
    return this.view === undefined || (this.view.isFilled && this.view.size === 0);
  }

  /**
   * Attaches it to a view, from the state that the client has, or from the beginning if it was attached to another one.
   *
   * @param isWhole from the beginning, because the state of the client may be of another chain
   */
  attach(view: NetworkView, isWhole = false): void {
    if (!this.open || view === this.view) return;
    this.stamp = this.continues && !isWhole ? this.request.startIn(view) : -Infinity;
    this.stop?.();
    this.view = view;
    this.rest = undefined;
    this.stop = view.addReader(() => this.notify());
    this.notify();
  }

  /** Sends once that there is no node. */
  sendEmpty(data: Buffer): void {
    if (this.hasFirst || this.view !== undefined) return;
    this.hasFirst = true;
    this.first = { data, rows: 0 };
    this.notify();
  }

  /** Sends an error, and ends the subscription. */
  reject(data: Buffer): void {
    this.rejected = true;
    this.stop?.();
    this.stop = undefined;
    this.view = undefined;
    this.first = { data, rows: 0 };
    this.onEnd(this);
    this.notify();
  }

  notify(): void {
    this.onReadable(this);
  }

  next(): NetworkUpdate | undefined {
    const { first, view } = this;
    if (first !== undefined) {
      this.first = undefined;
      return first;
    }
    if (view === undefined) return undefined;
    const { fields, network } = this.request;
    const frame =
      this.rest === undefined
        ? view.frameAfter(this.stamp, fields, network)
        : view.frameOfAll(this.rest, fields, network);
    if (frame === undefined) return undefined;
    this.stamp = frame.stamp;
    this.rest = frame.rest;
    return frame.rows < 0 ? undefined : frame;
  }

  end(): void {
    this.open = false;
    this.stop?.();
    this.onEnd(this);
  }
}
