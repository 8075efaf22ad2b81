import { setImmediate } from 'node:timers/promises';
import type { NetworkEvent } from '../nodes/events.js';
import type { Network } from '../world/network.js';
import type { MessageSink } from './message-sink.js';

export interface FillOptions {
  /** When to stop, in simulated time: milliseconds since the epoch, itself left out. */
  endAt: number;
  /** Stops it as well. */
  signal?: AbortSignal | undefined;
  /** Told now and then how far it is: the simulated time, and the messages so far. */
  onProgress?: ((at: number, messages: number) => void) | undefined;
}

/** Events in a row before other things of the process get their turn. */
const STRETCH = 2_000;

/**
 * Lets a network run in simulated time, as fast as it can be computed and taken, into a sink. It does not end the
 * sink.
 *
 * @returns how many messages there were
 */
export async function fill(network: Network, sink: MessageSink, options: FillOptions): Promise<number> {
  const { endAt, signal, onProgress } = options;
  let messages = 0;
  let events = 0;
  for (const event of network.events()) {
    if (event.at >= endAt || signal?.aborted === true) break;
    if (event.kind === 'message') messages += 1;
    const taken = pass(event, sink);
    if (taken !== undefined) await taken;
    events += 1;
    if (events % STRETCH === 0) {
      onProgress?.(event.at, messages);
      await setImmediate();
    }
  }
  return messages;
}

/** Hands an event to a sink. */
export function pass(event: NetworkEvent, sink: MessageSink): void | Promise<void> {
  switch (event.kind) {
    case 'message':
      return sink.message(event.node, event.text, event.at);
    case 'connected':
      return sink.connected(event.host, event.at);
    case 'disconnected':
      return sink.disconnected(event.host, event.at);
    case 'collector_lost':
      return sink.collectorLost(event.at);
    case 'collector_back':
      return sink.collectorBack(event.at);
  }
}
