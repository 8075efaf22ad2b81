import { parseInteger } from '../../platform/json/index.js';
import type { BenchmarkReport, Observation, Source, StateReport } from '../aggregate/index.js';
import type { RawMessage } from './raw-messages.js';

/** A block hash is 32 bytes; other lengths are possible, but not many. */
const HASH = /^0x(?:[\da-f]{2}){1,64}$/i;

/** The largest `integer` of PostgreSQL. */
const MAX_SCORE = 2 ** 31 - 1;

/** What a message says; only that the node was there, if it is not as expected. */
export function observationOf(message: RawMessage, source: Source): Observation {
  const { receivedAt, createdAt } = message;
  return { source, receivedAt, createdAt, report: reportOf(message) };
}

function reportOf(message: RawMessage): Observation['report'] {
  const { type, hash, origin, scores } = message;
  if (type === 'interval') return stateOf(message);
  if (type === 'benchmark') return scores === null ? null : benchmarkOf(scores);
  const height = parseInteger(message.height);
  if (height === null || hash === null || !HASH.test(hash)) return null;
  if (type === 'finalized') return { kind: 'finalized', height, hash: hash.toLowerCase() };
  return { kind: 'import', height, hash: hash.toLowerCase(), origin };
}

/** Newer nodes send their chain and their network in two messages, older ones in one. */
function stateOf(message: RawMessage): StateReport | null {
  const height = parseInteger(message.height);
  const peers = parseInteger(message.peers);
  if (height === null && peers === null) return null;
  return {
    kind: 'state',
    height,
    finalizedHeight: parseInteger(message.finalizedHeight),
    txcount: parseInteger(message.txcount),
    peers,
    download: parseInteger(message.download),
    upload: parseInteger(message.upload),
  };
}

function benchmarkOf(texts: readonly (string | null)[]): BenchmarkReport | null {
  const [cpu, memory, ...others] = texts.map((text) => {
    const score = parseInteger(text);
    return score === null || score > MAX_SCORE ? null : score;
  });
  if (typeof cpu !== 'number' || typeof memory !== 'number') return null;
  const [diskSequential = null, diskRandom = null, parallelCpu = null, parallelCores = null] = others;
  return {
    kind: 'benchmark',
    scores: { cpu, memory, diskSequential, diskRandom, parallelCpu, parallelCores },
  };
}
