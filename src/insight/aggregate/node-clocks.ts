import { minuteOf, MINUTE_US, type Observation, SECOND_US } from './observation.js';

/** Minutes whose messages show how far the clock of a node is off. */
const WINDOW_MINUTES = 10;
/** A larger change of the difference from one minute to the next is a step of the clock. */
const STEP_US = 250_000;
/** A message does not take longer from its node to the server; otherwise its own time is not believed. */
const MAX_DELAY_US = 30 * SECOND_US;

/** When a message arrived, and when it was sent by the clock of its node. */
export interface Stamped extends Pick<Observation, 'source' | 'receivedAt' | 'createdAt'> {
  /** When it was sent, once that is certain. */
  at?: number | undefined;
}

/** By how much the clocks of nodes differ from the database's, found by the fastest of their messages. */
export class NodeClocks {
  /** By node and minute: the smallest difference between arrival and the node's own time, in microseconds. */
  private readonly least = new Map<number, Map<number, number>>();
  /** Minutes before are closed: nothing is added to them, so that times in them do not change. */
  private closedUntil = -Infinity;

  add({ source: { node }, receivedAt, createdAt }: Observation): void {
    const minute = minuteOf(receivedAt);
    const difference = receivedAt - createdAt;
    const minutes = this.least.get(node) ?? new Map<number, number>();
    this.least.set(node, minutes);
    const known = minutes.get(minute);
    if (known === undefined || difference < known) minutes.set(minute, difference);
  }

  /**
   * When something happened at a node: by its own time, corrected by the clock's difference and half of the fastest round
   * trip. So it does not matter how long the message took.
   *
   * @returns microseconds since the epoch by the database's clock; at most the time of arrival
   */
  timeOf(stamped: Stamped): number {
    if (stamped.at !== undefined) return stamped.at;
    const at = this.correctedTimeOf(stamped);
    if (stamped.receivedAt < this.closedUntil) stamped.at = at;
    return at;
  }

  /** Ends the minutes before a time. */
  close(before: number): void {
    this.closedUntil = before;
  }

  private correctedTimeOf({ source: { node, rttUs }, receivedAt, createdAt }: Stamped): number {
    const corrected = createdAt + (this.differenceAt(node, minuteOf(receivedAt)) ?? receivedAt - createdAt);
    const sent = receivedAt - corrected > MAX_DELAY_US ? receivedAt : corrected;
    return Math.round(Math.min(sent, receivedAt) - (rttUs ?? 0) / 2);
  }

  /**
   * What the messages of a node in one minute say of its clock: the smallest difference, and whether that is another one
   * than the last known in the ten minutes before. Undefined if there were none.
   */
  of(node: number, minute: number): { differenceUs: number; stepped: boolean } | undefined {
    const minutes = this.least.get(node);
    const differenceUs = minutes?.get(minute);
    if (minutes === undefined || differenceUs === undefined) return undefined;
    for (let back = 1; back < WINDOW_MINUTES; back += 1) {
      const earlier = minutes.get(minute - back * MINUTE_US);
      if (earlier !== undefined) return { differenceUs, stepped: Math.abs(earlier - differenceUs) > STEP_US };
    }
    return { differenceUs, stepped: false };
  }

  /** The smallest difference in the ten minutes up to this one, since the last step of the clock: microseconds. */
  private differenceAt(node: number, minute: number): number | undefined {
    const minutes = this.least.get(node);
    let least = minutes?.get(minute);
    if (minutes === undefined || least === undefined) return undefined;
    for (let back = 1; back < WINDOW_MINUTES; back += 1) {
      const earlier = minutes.get(minute - back * MINUTE_US);
      if (earlier === undefined) continue;
      if (Math.abs(earlier - least) > STEP_US) break;
      least = Math.min(least, earlier);
    }
    return least;
  }

  /** Forgets minutes before this one. */
  forget(before: number): void {
    for (const [node, minutes] of this.least) {
      for (const minute of minutes.keys()) if (minute < before) minutes.delete(minute);
      if (minutes.size === 0) this.least.delete(node);
    }
  }
}
