import { NodeValues } from './node-values.js';
import { minuteOf, MINUTE_US, type Observation, SECOND_US, type Source } from './observation.js';

/** Minutes whose messages show how far the clock of a node is off. */
const WINDOW_MINUTES = 10;
/** A larger change of the difference from one minute to the next is a step of the clock. */
const STEP_US = 250_000;
/** A message does not take longer from its node to the server; otherwise its own time is not believed. */
const MAX_DELAY_US = 30 * SECOND_US;

/** By how much the clocks of nodes differ from the database's, found by the fastest of their messages. */
export class NodeClocks {
  /** By minute and node: the smallest difference between arrival and the node's own time, in microseconds. */
  private readonly least = new Map<number, NodeValues>();
  /** By minute and node: what {@link findDifference} found, until something is added. */
  private found = new Map<number, NodeValues>();
  /** Minutes before are closed: nothing is added to them, so that times in them do not change. */
  closedUntil = -Infinity;

  add({ source: { node }, receivedAt, createdAt }: Observation): void {
    const minute = minuteOf(receivedAt);
    const nodes = this.least.get(minute) ?? new NodeValues();
    this.least.set(minute, nodes);
    nodes.lower(node, receivedAt - createdAt);
    if (this.found.size > 0) this.found = new Map();
  }

  /**
   * When something happened at a node: by its own time, corrected by the clock's difference and half of the fastest round
   * trip. So it does not matter how long the message took.
   *
   * @returns microseconds since the epoch by the database's clock; at most the time of arrival
   */
  timeOf({ node, rttUs }: Source, receivedAt: number, createdAt: number): number {
    const corrected = createdAt + (this.differenceAt(node, minuteOf(receivedAt)) ?? receivedAt - createdAt);
    const sent = receivedAt - corrected > MAX_DELAY_US ? receivedAt : corrected;
    return Math.round(Math.min(sent, receivedAt) - (rttUs ?? 0) / 2);
  }

  /** Ends the minutes before a time. */
  close(before: number): void {
    this.closedUntil = before;
  }

  /**
   * What the messages of a node in one minute say of its clock: the smallest difference, and whether that is another one
   * than the last known in the ten minutes before. Undefined if there were none.
   */
  of(node: number, minute: number): { differenceUs: number; stepped: boolean } | undefined {
    const differenceUs = this.leastOf(node, minute);
    if (differenceUs === undefined) return undefined;
    for (let back = 1; back < WINDOW_MINUTES; back += 1) {
      const earlier = this.leastOf(node, minute - back * MINUTE_US);
      if (earlier !== undefined) return { differenceUs, stepped: Math.abs(earlier - differenceUs) > STEP_US };
    }
    return { differenceUs, stepped: false };
  }

  private differenceAt(node: number, minute: number): number | undefined {
    const nodes = this.found.get(minute) ?? new NodeValues();
    const known = nodes.get(node);
    if (known !== undefined) return known;
    const difference = this.findDifference(node, minute);
    if (difference !== undefined) nodes.set(node, difference);
    this.found.set(minute, nodes);
    return difference;
  }

  /** The smallest difference in the ten minutes up to this one, since the last step of the clock: microseconds. */
  private findDifference(node: number, minute: number): number | undefined {
    let least = this.leastOf(node, minute);
    if (least === undefined) return undefined;
    for (let back = 1; back < WINDOW_MINUTES; back += 1) {
      const earlier = this.leastOf(node, minute - back * MINUTE_US);
      if (earlier === undefined) continue;
      if (Math.abs(earlier - least) > STEP_US) break;
      least = Math.min(least, earlier);
    }
    return least;
  }

  private leastOf(node: number, minute: number): number | undefined {
    return this.least.get(minute)?.get(node);
  }

  /** Forgets minutes before this one. */
  forget(before: number): void {
    for (const minute of this.least.keys()) if (minute < before) this.least.delete(minute);
    this.found = new Map();
  }
}
