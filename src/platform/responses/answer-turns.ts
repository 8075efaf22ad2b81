import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The turns of answers on their connections. A client may send requests before it has the answers to the last: Node
 * gives all of them to the server, sends the answers one after the other, and tells those that wait nothing about the
 * end of the connection. So an answer takes nothing before it is its turn.
 */
export class AnswerTurns {
  private readonly waiting = new WeakMap<Socket, number>();

  /** @param most answers of one connection that wait */
  constructor(private readonly most: number) {}

  /** Waits for the turn of an answer, or the end of its connection. @returns false where too many wait already */
  async wait(response: ServerResponse): Promise<boolean> {
    if (response.socket !== null) return true;
    const { req } = response;
    const { socket } = req;
    const count = this.waiting.get(socket) ?? 0;
    if (count >= this.most) return false;
    this.waiting.set(socket, count + 1);
    await new Promise<void>((resolve) => {
      response.once('socket', () => resolve());
      // It also ends with its body.
      req.once('close', () => {
        if (socket.destroyed) resolve();
      });
    });
    this.waiting.set(socket, (this.waiting.get(socket) ?? 0) - 1);
    return true;
  }
}
