import type { NodeMessage } from '../nodes/events.js';
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
