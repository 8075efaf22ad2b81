import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLI } from './command-line.js';
import type { TestServer } from './test-server.js';
import { waitUntil } from './wait-until.js';

const TYPES = ['block.import', 'notify.finalized', 'tracing.profiling', 'system.interval'];

/** The network of the README: 20 simulated nodes that talk to a server. `await using` ends it. */
export class ReadmeNetwork implements AsyncDisposable {
  /** An old build, which reports traces and reputations. */
  static readonly PEER = '12D3KooWLBdBrp9qguHjUdKaSHU2zv9dNNmifoqfeVLVyp7dw2SE';

  private constructor(private readonly simulator: ChildProcess) {}

  /** Playing, and its known peer has said something of each kind. */
  static async play(server: TestServer): Promise<ReadmeNetwork> {
    const options = [CLI, 'simulate', '--nodes', '20', '--url', server.ws];
    const network = new ReadmeNetwork(spawn(process.execPath, options, { stdio: 'ignore' }));
    const peer = ReadmeNetwork.PEER;
    await waitUntil(
      async () => {
        const [counts, reports] = await Promise.all(
          [`/nodes/log_stats?peer_id=${peer}`, `/reputation/${peer}?max_age_s=3600`].map(async (path) =>
            (await server.get(path)).text(),
          ),
        );
        return TYPES.every((type) => counts?.includes(type)) && reports !== '[]';
      },
      { what: 'the simulated node to have said something of each kind', timeoutMs: 60_000 },
    );
    return network;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.simulator.kill('SIGTERM');
    await once(this.simulator, 'exit');
  }
}
