import { stopSignal } from '../platform/async/index.js';
import { formatTime, print } from './console.js';
import type { PlayOptions, SimulatorOptions } from './simulate-command.js';
import { Playback, type PlaybackTotals } from './play/playback.js';
import { UnreachableError } from './play/socket-sink.js';
import { openTruth } from './truth/open-truth.js';
import { TruthFileError } from './truth/truth-file.js';
import { SimulatedNetwork } from './world/network.js';

const REPORT_INTERVAL_MS = 5_000;

/**
 * Runs a simulation until its end, or until the process is stopped.
 *
 * @returns the exit code
 */
export async function runSimulator(options: SimulatorOptions): Promise<number> {
  if ('database' in options) {
    // Loaded only when needed.
    const { fillDatabase } = await import('./database/fill-database.js');
    return await fillDatabase(options, stopSignal());
  }
  try {
    await simulate(options);
    return 0;
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof TruthFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function simulate(options: PlayOptions): Promise<void> {
  const { url, speed, scenario, scenarioName } = options;
  const truth = openTruth(options.truth, options.endAt);
  const network = new SimulatedNetwork({ ...options, ...truth.observed });
  const nodes = network.nodes.length;
  const signal = stopSignal();
  const told = new Set<string>();
  const onUnreachable = ({ message }: UnreachableError) => {
    if (!told.has(message)) print(message);
    told.add(message);
  };
  const playback = new Playback(network, { ...options, signal, onUnreachable });
  const began = Date.now();
  let sentBefore = 0;

  const report = setInterval(() => {
    const { connectedNodes, sent, missed } = playback.totals();
    const rate = Math.round((sent - sentBefore) / (REPORT_INTERVAL_MS / 1000));
    sentBefore = sent;
    const until = speed === 1 ? '' : `, simulated time ${formatTime(playback.now())}`;
    print(
      `${connectedNodes} of ${nodes} nodes connected, ${sent} messages sent (${rate}/s)${missedText(missed)}${until}`,
    );
  }, REPORT_INTERVAL_MS);

  print(`${scenarioName}: ${scenario.description}`);
  const pace = speed === Infinity ? 'as fast as possible' : `speed ${speed}`;
  print(
    `${nodes} nodes on ${network.hosts.length} sockets, ${pace}, from ${formatTime(options.startAt)}, to ${url}; stop with Ctrl-C`,
  );
  try {
    await playback.run();
  } finally {
    clearInterval(report);
    truth.end();
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  print(totalsText(playback.totals(), seconds));
}

/** Messages and connections of a whole run. */
export function totalsText(totals: PlaybackTotals, seconds: string): string {
  const { sent, acknowledged, missed, opened, lost } = totals;
  return (
    `${sent} messages sent in ${seconds} s: ${acknowledged} acknowledged by the server, ` +
    `${sent - acknowledged} not acknowledged${missedText(missed)}; ` +
    `${opened} connections opened, ${lost} of them lost`
  );
}

function missedText(missed: number): string {
  return missed === 0 ? '' : `, ${missed} messages dropped while not connected`;
}
