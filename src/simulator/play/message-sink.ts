import { setImmediate } from 'node:timers/promises';
import type { NetworkEvent, NodeMessage } from '../nodes/telemetry-emitter.js';
import type { SimulatedNetwork } from '../world/network.js';
import type { Host } from '../world/population.js';

/**
 * Receives the messages of a network: sockets to a server, or a database. Calls are made one after another in the order of
 * simulated time. A returned promise is awaited before the next call, so it pauses the network; a rejection ends the run.
 */
export abstract class MessageSink {
  /**
   * Receives a message.
   *
   * @param node the sender: `node.host` is the index of its host, and `node.profile` has its properties
   * @param text the JSON text of the frame, in the envelope of the node
   * @param at time of sending in simulated time: milliseconds since the epoch. The `ts` of the message is this time by the
   *   clock of the node, which may be wrong
   */
  abstract message(node: NodeMessage['node'], text: string, at: number): void | Promise<void>;

  /** The socket of a host opens. `system.connected` of its nodes follows. */
  connected(_host: Host, _at: number): void | Promise<void> {
    return undefined;
  }

  /** The socket of a host closes. Its nodes send nothing until it opens again. */
  disconnected(_host: Host, _at: number): void | Promise<void> {
    return undefined;
  }

  /** The collector crashes. `disconnected` follows for each open socket. */
  collectorLost(_at: number): void | Promise<void> {
    return undefined;
  }

  /** Another collector replaces the crashed one. Hosts connect to it one after another. */
  collectorBack(_at: number): void | Promise<void> {
    return undefined;
  }

  /** The run has ended. Called once, also when a run ends early. */
  end(): void | Promise<void> {
    return undefined;
  }
}

export interface FillOptions {
  /** End of simulated time, exclusive: milliseconds since the epoch. */
  endAt: number;
  /** Stops the run early. */
  signal?: AbortSignal | undefined;
  /** Called periodically with the simulated time and the number of messages. */
  onProgress?: ((at: number, messages: number) => void) | undefined;
}

/** Events that are processed before yielding to the event loop. */
const EVENTS_PER_TURN = 2_000;

/**
 * Runs a network in simulated time into a sink, as fast as possible. Does not end the sink.
 *
 * @returns the number of messages
 */
export async function fill(
  network: SimulatedNetwork,
  sink: MessageSink,
  options: FillOptions,
): Promise<number> {
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

/** Passes an event to a sink. */
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
