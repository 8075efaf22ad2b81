import type { Outbox } from '../../feed/index.js';
import type { NodeField } from '../network.dto.js';
import type { NetworkView, ViewPlace } from '../view/network-view.js';

/** What a subscription is about. */
export interface NetworkSubscribeRequest {
  /** The chain, as the client calls it. */
  network: string;
  fields: readonly NodeField[];
  /** Whether the client has something already. */
  continues: boolean;
  /** @returns the stamp of what the client has of a view: microseconds since the epoch by the database */
  startIn: (view: NetworkView) => number;
}

interface Text {
  data: Buffer;
  rows: number;
}

/**
 * What a socket gets of a chain. Who is behind gets the newest state, once. A chain that is named waits for its view
 * until it is known which one that is.
 */
export class NetworkSubscription implements Outbox {
  private view: NetworkView | undefined;
  private stop: (() => void) | undefined;
  private stamp = -Infinity;
  /** Of a complete state that has been sent in part. */
  private rest: ViewPlace | undefined;
  /** What is sent before anything of the view. */
  private first: Text | undefined;
  private hasFirst = false;
  private open = true;
  private refused = false;

  /**
   * @param onNews is called when there may be something to send
   * @param onEnd is called once
   */
  constructor(
    private readonly wish: NetworkSubscribeRequest,
    private readonly onNews: (sending: Outbox) => void,
    private readonly onEnd: (subscription: NetworkSubscription) => void = () => undefined,
  ) {}

  get isOpen(): boolean {
    return this.open;
  }

  /** Nothing more will come of it. */
  get hasEnded(): boolean {
    return this.refused && this.first === undefined;
  }

  get network(): string {
    return this.wish.network;
  }

  /** Whether it goes on after what the client has. */
  get continues(): boolean {
    return this.wish.continues && this.view === undefined && !this.hasFirst;
  }

  /** The chain that it follows; undefined where it waits for one. */
  get chain(): string | undefined {
    return this.view?.chain;
  }

  /** Whether no node of its chain is connected, as far as is known. */
  get isEmpty(): boolean {
    return this.view === undefined || (this.view.isFilled && this.view.size === 0);
  }

  /**
   * Follows a view, from where the client is or, where it has followed another one, from the beginning.
   *
   * @param isWhole what the client has may be of another chain: from the beginning then too
   */
  follow(view: NetworkView, isWhole = false): void {
    if (!this.open || view === this.view) return;
    this.stamp = this.continues && !isWhole ? this.wish.startIn(view) : -Infinity;
    this.stop?.();
    this.view = view;
    this.rest = undefined;
    this.stop = view.read(() => this.wake());
    this.wake();
  }

  /** Says, once, that there is no node. */
  waitWith(data: Buffer): void {
    if (this.hasFirst || this.view !== undefined) return;
    this.hasFirst = true;
    this.first = { data, rows: 0 };
    this.wake();
  }

  /** Says why there is nothing to follow, and ends when that is sent. */
  refuse(data: Buffer): void {
    this.refused = true;
    this.stop?.();
    this.stop = undefined;
    this.view = undefined;
    this.first = { data, rows: 0 };
    this.onEnd(this);
    this.wake();
  }

  wake(): void {
    this.onNews(this);
  }

  next(): Text | undefined {
    const { first, view } = this;
    if (first !== undefined) {
      this.first = undefined;
      return first;
    }
    if (view === undefined) return undefined;
    const { fields, network } = this.wish;
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
