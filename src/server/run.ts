import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigModule, type Settings } from '../config/index.js';
import { explain } from './explain.js';
import { startServer, type RunningServer } from './start-server.js';

/** npm passes a Ctrl-C on to us that the terminal has sent us already: a second signal this soon is the same. */
const SAME_SIGNAL_MS = 2_000;

/** Runs the server until it is told to stop. Resolves with the exit code of the process. */
export async function run(): Promise<number> {
  const stopped = nextSignal();
  let server: RunningServer | undefined;
  try {
    const settings = await ConfigModule.readEnvironment();
    const started = await startServer(settings);
    server = started;
    const failed = server.ready.then(() => welcome(settings, started));
    await Promise.race([stopped, failed.then(() => stopped)]);
    return await stop(server, settings);
  } catch (error) {
    new Logger('Server').error(explain(error));
    await server?.stop();
    return 1;
  }
}

async function stop(server: RunningServer, settings: Settings): Promise<number> {
  const logger = new Logger('Server');
  const startedAt = Date.now();
  const limit = sleep(settings.SHUTDOWN_TIMEOUT_S * 1000, 'late', { ref: false });
  if ((await Promise.race([server.stop(), limit])) === 'late') {
    logger.error('The server did not stop in time and is ended.');
    return 1;
  }
  logger.log(`Stopped in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
  return 0;
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first = 0;
    const onSignal = (signal: string): void => {
      const now = Date.now();
      if (first === 0) {
        first = now;
        new Logger('Server').log(`Stopping, because of ${signal}.`);
        resolve();
      } else if (now - first > SAME_SIGNAL_MS) {
        process.exit(1);
      }
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

function welcome(settings: Settings, server: RunningServer): void {
  const logger = new Logger('Server');
  const host = ['0.0.0.0', '::'].includes(settings.HOST) ? 'localhost' : settings.HOST;
  const at = `${host}:${server.port.toString()}`;
  logger.log(
    `Ready. Point a node here with  --telemetry-url 'ws://${at} 5'  (or 'ws://${at}/audit 5' to keep it for good).`,
  );
  logger.log(`Look at  http://${at}/nodes  and  http://${at}/metrics`);
}
