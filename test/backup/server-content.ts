import { FakeNode } from '../support/fake-node.js';
import { developmentMessages, kusamaMessages } from '../support/real-messages.js';
import type { ServerProcess } from '../support/server-process.js';
import { sumOf } from '../support/metrics.js';
import { waitUntil } from '../support/wait-until.js';

const PEER = 'QmBackup';
/** A peer that the network state speaks of. */
const RATED = '12D3KooW9pmt9p5eYDYdPaS5orWqfubKc5MnQDXFGi7ZU1cVtNNB';
const MESSAGES = 300;

/** Something of everything that is kept. */
export async function fill(server: ServerProcess): Promise<void> {
  for (const path of ['/', '/audit']) {
    const node = await FakeNode.connect(server.ws + path);
    await node.sendConnected({ network_id: PEER, chain: 'Kusama', name: 'ünïcode 😀' });
    for (const message of [
      ...kusamaMessages().map((each) => JSON.stringify(each)),
      ...developmentMessages(),
    ]) {
      // Who it is has been said.
      if (!message.includes('system.connected')) await node.send(message);
    }
    for (let number = 0; number < MESSAGES; number += 1) {
      await node.sendV1({ msg: 'test.span', number, span: 18_446_744_073_709_551_615n });
    }
    await node.sendV2(7, { msg: 'system.connected', name: 'second', network_id: `${PEER}2` });
    await node.send('not JSON');
    await node.close();
  }
  await waitUntil(
    async () => {
      const text = await (await fetch(`${server.http}/metrics`)).text();
      return sumOf(text, 'tetcore_messages_total') === sumOf(text, 'tetcore_messages_received_total');
    },
    { what: 'an outcome for all' },
  );
  await waitUntil(
    async () => {
      const nodes = (await (await fetch(`${server.http}/nodes`)).json()) as { connected: boolean }[];
      return nodes.length === 2 && nodes.every(({ connected }) => !connected);
    },
    { what: 'the ends of the nodes to be stored' },
  );
  const post = async (path: string, body: object): Promise<void> => {
    const answer = await fetch(server.http + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status.toString()} ${await answer.text()}`);
  };
  await post('/host_systems', {
    cpu_clock: 2600,
    cpu_qty: 4,
    disk_info: 'NVME',
    os: 'freebsd',
    ram_mb: 8192,
  });
  await post('/benchmarks', { setup: { substrate: { peerId: PEER } }, ts_start: '2020-01-01T00:00:00' });
  await post('/benchmarks/events', { benchmark_id: 1, name: 'transfers', phase: 'start' });
}

const REQUESTS = [
  '/nodes',
  `/nodes/${PEER}`,
  `/nodes/${PEER}/connections`,
  `/nodes/logs?peer_id=${PEER}&format=ndjson`,
  `/nodes/logs?peer_id=${PEER}&msg=test.span&limit=100`,
  `/nodes/log_stats?peer_id=${PEER}`,
  `/nodes/peer_counts?peer_id=${PEER}`,
  '/reputation?max_age_s=86400',
  '/reputation/logged?max_age_s=86400',
  `/reputation/${RATED}?max_age_s=86400`,
  '/host_systems',
  '/benchmarks',
  '/benchmarks/1',
  '/benchmarks/1/events',
  '/benchmarks/1/profile',
];

/** The response of the server to each request about the past. */
export async function answersOf(server: ServerProcess): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const request of REQUESTS) {
    const answer = await fetch(server.http + request);
    answers[request] = `${answer.status.toString()} ${await answer.text()}`;
  }
  return answers;
}

/** Goes on where the messages before ended. */
export async function sendOne(server: ServerProcess): Promise<void> {
  const node = await FakeNode.connect(server.ws);
  await node.sendConnected({ network_id: 'QmAfterwards' });
  await waitUntil(async () => (await (await fetch(`${server.http}/nodes`)).text()).includes('QmAfterwards'), {
    what: 'a new node',
  });
  await node.close();
}
