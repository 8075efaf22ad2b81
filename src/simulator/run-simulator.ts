import { stopSignal } from '../platform/async/index.js';
import { say, timeText } from './console.js';
import { type PlayOptions, readOptions, USAGE, UsageError } from './options.js';
import { Playback } from './play/playback.js';
import { UnreachableError } from './play/unreachable.error.js';
import { Network } from './world/network.js';

const REPORT_EVERY_MS = 5_000;

/**
 * The command `simulate`: plays a network of nodes.
 *
 * @param args its options: see {@link USAGE}
 * @returns the exit code
 */
export async function runSimulator(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args, Date.now());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\ntetcore-analytics simulate --help lists what there is.\n`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if ('show' in options) {
    process.stdout.write(`${JSON.stringify(options.show, null, 2)}\n`);
    return 0;
  }
  if ('database' in options) {
    // What it takes to write to a database is not loaded for anything else.
    const { fillDatabase } = await import('./database/fill-database.js');
    return await fillDatabase(options, stopSignal());
  }
  try {
    await simulate(options);
    return 0;
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function simulate(options: PlayOptions): Promise<void> {
  const { url, speed, scenario, scenarioName } = options;
  const network = new Network(options);
  const nodes = network.nodes.length;
  const signal = stopSignal();
  const told = new Set<string>();
  const onUnreachable = ({ message }: UnreachableError) => {
    if (!told.has(message)) say(message);
    told.add(message);
  };
  const playback = new Playback(network, { ...options, signal, onUnreachable });
  const began = Date.now();
  let sentBefore = 0;

  const report = setInterval(() => {
    const { connectedNodes, sent, missed } = playback.totals();
    const rate = Math.round((sent - sentBefore) / (REPORT_EVERY_MS / 1000));
    sentBefore = sent;
    const until = speed === 1 ? '' : `, simulated time ${timeText(playback.now())}`;
    say(
      `${connectedNodes} of ${nodes} nodes connected, ${sent} messages sent (${rate}/s)${missedText(missed)}${until}`,
    );
  }, REPORT_EVERY_MS);

  say(`${scenarioName}: ${scenario.description}`);
  const pace = speed === Infinity ? 'as fast as possible' : `speed ${speed}`;
  say(
    `${nodes} nodes on ${network.hosts.length} sockets, ${pace}, from ${timeText(options.startAt)}, to ${url}; stop with Ctrl-C`,
  );
  try {
    await playback.run();
  } finally {
    clearInterval(report);
  }
  const { sent, missed, opened, lost } = playback.totals();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  say(
    `${sent} messages sent in ${seconds} s over ${opened} connections, ${lost} of them lost${missedText(missed)}`,
  );
}

function missedText(missed: number): string {
  return missed === 0 ? '' : `, ${missed} not sent for want of a connection`;
}
