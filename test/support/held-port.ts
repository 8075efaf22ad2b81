import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** A free port on the loopback interface, reserved until it is disposed: `await using`. */
export class HeldPort implements AsyncDisposable {
  private constructor(
    private readonly server: Server,
    readonly number: number,
  ) {}

  static async take(): Promise<HeldPort> {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('There is no port.');
    return new HeldPort(server, address.port);
  }

  /** From now on a server may listen there. */
  async giveAway(): Promise<number> {
    if (this.server.listening) {
      this.server.close();
      await once(this.server, 'close');
    }
    return this.number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.giveAway();
  }
}
