import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { chainReader, type ChainReader, type PlantedChain, type TruthLine } from '../planted-chain.js';
import { addToSessions, noSessions, type SessionTruth } from '../session-truth.js';

export interface TrueChain extends PlantedChain {
  genesisHash: string;
  name: string;
  slotMs: number;
}

/** When a clock was set, and its offset from then on; the first one is that of its start. Milliseconds. */
export interface ClockSet {
  at: number;
  offsetMs: number;
}

export interface TrueHistory {
  /** When the simulation began: milliseconds since the epoch. */
  startAt: number;
  chains: TrueChain[];
  sessions: SessionTruth;
  /** By peer id, in the order of time. */
  clocks: ReadonlyMap<string, readonly ClockSet[]>;
}

type Fields = Record<'chain' | 'name' | 'at' | 'peer_id', string> &
  Record<'slot_ms' | 'offset_ms' | 'clock_offset_ms', number>;

const OF_SESSIONS = ['node', 'link', 'process', 'outage', 'version'];

/** Reads what `npm run simulate -- --truth FILE` has written. */
export async function readTruth(file: string): Promise<TrueHistory> {
  const chains: (Omit<TrueChain, keyof PlantedChain> & { reader: ChainReader })[] = [];
  const sessions = noSessions();
  const clocks = new Map<string, ClockSet[]>();
  let startAt = NaN;
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const line = JSON.parse(text) as TruthLine;
    const fields = line as unknown as Fields;
    const { kind } = line as { kind: string };
    if (kind === 'chain') {
      const { chain, name, slot_ms: slotMs } = fields;
      startAt = Date.parse(fields.at);
      chains.push({ genesisHash: chain, name, slotMs, reader: chainReader(chain) });
    }
    for (const { reader } of chains) reader.add(line);
    if (OF_SESSIONS.includes(kind)) addToSessions(sessions, line as never);
    if (kind === 'node' || kind === 'clock') {
      const known = clocks.get(fields.peer_id) ?? [];
      clocks.set(fields.peer_id, known);
      const offsetMs = kind === 'node' ? fields.clock_offset_ms : fields.offset_ms;
      known.push({ at: Date.parse(fields.at), offsetMs });
    }
  }
  return {
    startAt,
    chains: chains.map(({ reader, ...chain }) => ({ ...chain, ...reader.truth })),
    sessions,
    clocks,
  };
}
