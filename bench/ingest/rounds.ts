import { runWorker } from '../support/worker.js';
import type { Build } from './build.js';
import type { ClientInput, ClientOutput } from './client.worker.js';
import type { FloodInput, FloodOutput } from './flood.worker.js';

/** What a round gave, by name. */
export type Figures = Record<string, number>;

const CLIENT = new URL('./client.worker.ts', import.meta.url);
const FLOOD = new URL('./flood.worker.ts', import.meta.url);

/** From sockets to committed rows for some seconds, with no more messages under way than are stored soon. */
export async function steadyRound(build: Build, sockets: number, seconds: number): Promise<Figures> {
  await build.settle();
  const { output, messages, used } = await build.costOf(sockets, () =>
    runWorker<ClientInput, ClientOutput>(CLIENT, {
      port: build.server.port,
      sockets,
      seconds,
      rate: 0,
      large: false,
      window: 80_000,
    }),
  );
  return {
    cpu_us_server: (used.server / messages) * 1e6,
    cpu_us_postgres: (used.postgres / messages) * 1e6,
    messages_per_second: output.stored / output.seconds,
    bytes_per_message: await build.bytesPerMessage(),
  };
}

/** All messages at once: the time is from the first send to the last commit. */
export async function floodRound(build: Build, sockets: number, wanted: number): Promise<Figures> {
  await build.settle();
  const { output, messages, used } = await build.costOf(sockets, () =>
    runWorker<FloodInput, FloodOutput>(FLOOD, { port: build.server.port, sockets, messages: wanted }),
  );
  const seconds = ((await build.lastCommit()) - output.startedAt) / 1000;
  return {
    messages_per_second: messages / seconds,
    cpu_us_client: (output.cpuSeconds / messages) * 1e6,
    cpu_us_server: (used.server / messages) * 1e6,
    cpu_us_postgres: (used.postgres / messages) * 1e6,
    bytes_per_message: await build.bytesPerMessage(),
  };
}
