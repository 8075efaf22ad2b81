import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../src/simulator/random/random.js';
import type { NodesInput, NodesReport, NodesRequest } from './fleet.js';
import { ChecksummedMessages } from './numbered-message.js';
import { NumberedNode } from './numbered-node.js';

const TICK_MS = 5;
const TELL_MS = 50;
/** What could not be sent while the servers were away is not made up for beyond this: seconds. */
const MOST_BEHIND_S = 0.2;
const CLOSE_GRACE_MS = 30_000;

let stopping = false;
let sent = 0;
let rate = 0;

process.once('message', (message) => void run(message as NodesInput));
// The parent process is gone, or has received everything.
process.once('disconnect', () => process.exit(0));

async function run(input: NodesInput): Promise<void> {
  const random = new Random(input.seed, 'nodes', input.firstNode);
  const messages = new ChecksummedMessages(random);
  const nodes = Array.from({ length: input.nodes }, (_, index) => {
    const node = input.firstNode + index;
    const path = input.paths[node % input.paths.length] ?? '/';
    const { urls, replicas, redialMs, addresses } = input;
    const localAddress = addresses[index % addresses.length];
    return new NumberedNode({ node, path, urls, replicas, redialMs, localAddress }, messages, random);
  });
  ({ rate } = input);
  process.on('message', (message) => {
    const request = message as NodesRequest;
    if (request.kind === 'reset') reset(nodes, request, random);
    if (request.kind === 'rate') ({ rate } = request);
    if (request.kind === 'stop') stopping = true;
  });
  for (const node of nodes) {
    setTimeout(() => node.dial(), random.fraction() * input.dialMs);
  }
  const telling = setInterval(() => tell(nodes), TELL_MS);
  await speak(nodes, input);
  await Promise.all(nodes.map((node) => node.stop(CLOSE_GRACE_MS)));
  clearInterval(telling);
  tell(nodes);
  report({ kind: 'end', nodes: nodes.map(({ record }) => record) });
}

/** Sends at the rate, one node after the other. */
async function speak(
  nodes: readonly NumberedNode[],
  { badEveryMs, leaveEveryMs }: NodesInput,
): Promise<void> {
  let at = performance.now();
  let due = 0;
  let turn = 0;
  let badAt = at + badEveryMs;
  let leaveAt = at + leaveEveryMs;
  while (!isStopping()) {
    const now = performance.now();
    due = Math.min(due + ((now - at) / 1000) * rate, rate * MOST_BEHIND_S);
    at = now;
    // A round without anybody who can speak ends it.
    for (let silent = 0; due >= 1 && silent < nodes.length;) {
      const node = nodes[turn++ % nodes.length];
      if (node?.speak(now) === true) {
        sent += 1;
        due -= 1;
        silent = 0;
      } else {
        silent += 1;
      }
    }
    if (now >= badAt && nodes[turn++ % nodes.length]?.speakBadly() === true) {
      sent += 1;
      badAt = now + badEveryMs;
    }
    if (now >= leaveAt && nodes[turn++ % nodes.length]?.leave() === true) leaveAt = now + leaveEveryMs;
    await sleep(TICK_MS);
  }
}

const isStopping = (): boolean => stopping;

function reset(
  nodes: readonly NumberedNode[],
  { share, withinMs }: { share: number; withinMs: number },
  random: Random,
): void {
  for (const node of random.sample(nodes, Math.ceil(share * nodes.length))) {
    setTimeout(() => node.reset(), random.fraction() * withinMs);
  }
}

function tell(nodes: readonly NumberedNode[]): void {
  report({ kind: 'progress', sent, open: nodes.reduce((sum, node) => sum + Number(node.open), 0) });
}

function report(message: NodesReport): void {
  process.send?.(message, () => {
    if (message.kind === 'end') process.disconnect();
  });
}
