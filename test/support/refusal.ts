import { FakeNode, type FakeNodeOptions, HandshakeRefusedError } from './fake-node.js';

/** How the server refuses a handshake. */
export async function refusal(url: string, options: FakeNodeOptions = {}): Promise<HandshakeRefusedError> {
  const outcome: unknown = await FakeNode.connect(url, options).catch((reason: unknown) => reason);
  if (outcome instanceof HandshakeRefusedError) return outcome;
  if (outcome instanceof FakeNode) await outcome.terminate();
  throw new Error(`The handshake was not refused: ${String(outcome)}`);
}
