import { setImmediate } from 'node:timers/promises';
import type { NetworkEvent, NodeMessage } from '../nodes/telemetry-emitter.js';
import type { Network } from '../world/network.js';
import type { Host } from '../world/population.js';

/**
 * Where the messages of a network go: over sockets to a server, or straight into something that keeps them. Calls come
 * one after the other in the order of simulated time; a promise that is returned is waited for before the next call,
 * so it holds the network back, and a rejection ends the run.
 */
export abstract class MessageSink {
  /**
   * Takes a message.
   *
   * @param node who says it: `node.host` is the index of its host, and `node.profile` has all that is known of it
   * @param text the JSON text of the frame, in the envelope of the node
   * @param at when it is sent, in simulated time: milliseconds since the epoch. The `ts` of the message is this in the
   *   clock of the node, which may be wrong
   */
  abstract message(node: NodeMessage['node'], text: string, at: number): void | Promise<void>;

  /** The socket of a host opens; `system.connected` of its nodes follows. */
  connected(_host: Host, _at: number): void | Promise<void> {
    return undefined;
  }

  /** The socket of a host ends; until it opens again its nodes say nothing. */
  disconnected(_host: Host, _at: number): void | Promise<void> {
    return undefined;
  }

  /** The collector is lost without saying so; `disconnected` follows for each socket that is open. */
  collectorLost(_at: number): void | Promise<void> {
    return undefined;
  }

  /** Another collector is in the place of the one that was lost; hosts connect to it one after the other. */
  collectorBack(_at: number): void | Promise<void> {
    return undefined;
  }

  /** Nothing comes any more. Called once, also when a run ends early. */
  end(): void | Promise<void> {
    return undefined;
  }
}

export interface FillOptions {
  /** When to stop, in simulated time: milliseconds since the epoch, itself left out. */
  endAt: number;
  /** Stops it as well. */
  signal?: AbortSignal | undefined;
  /** Told now and then how far it is: the simulated time, and the messages so far. */
  onProgress?: ((at: number, messages: number) => void) | undefined;
}

/** Events in a row before other things of the process get their turn. */
const EVENTS_PER_TURN = 2_000;

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
    const taken = dispatch(event, sink);
    if (taken !== undefined) await taken;
    events += 1;
    if (events % EVENTS_PER_TURN === 0) {
      onProgress?.(event.at, messages);
      await setImmediate();
    }
  }
  return messages;
}

/** Hands an event to a sink. */
export function dispatch(event: NetworkEvent, sink: MessageSink): void | Promise<void> {
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
