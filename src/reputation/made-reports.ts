import { LRUCache } from 'lru-cache';

/** Texts that are kept: characters. A report of 1,250 peers has 85,000, and as many again for the part of a set. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** A set of peers. */
export class PeerSet {
  private readonly ids: ReadonlySet<string>;

  /** @param text a JSON list of their ids */
  constructor(readonly text: string) {
    this.ids = new Set(JSON.parse(text) as string[]);
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }
}

const FIELDS = { peers: '"remote_peer":', reputations: ',"reputation":[', connections: ',"connected":[' };
const TIME = '],"ts":"';

/** The JSON of a ReportedReputations. */
export class MadeReport {
  private part: { set: PeerSet; text: string } | undefined;

  constructor(readonly text: string) {}

  /** The same with only those peers that are in a set. */
  of(set: PeerSet): string {
    if (this.part?.set !== set) this.part = { set, text: this.partOf(set) };
    return this.part.text;
  }

  /** The peers that it names, in order. */
  peers(): string[] {
    const { text } = this;
    return JSON.parse(
      text.slice(text.indexOf(FIELDS.peers) + FIELDS.peers.length, this.ends().peers),
    ) as string[];
  }

  /** Numbers stay texts, with every digit. */
  private partOf(set: PeerSet): string {
    const { text } = this;
    const ends = this.ends();
    const elements = (field: string, from: number, to: number): string[] =>
      text.slice(from + field.length, to).split(',');
    const reputations = elements(FIELDS.reputations, ends.peers, ends.reputations - 1);
    const connections = elements(FIELDS.connections, ends.reputations, ends.connections);
    const kept = [...this.peers().entries()].filter(([, peer]) => set.has(peer));
    const list = (of: ([place, peer]: [number, string]) => string): string => kept.map(of).join(',');
    return (
      text.slice(0, text.indexOf(FIELDS.peers) + FIELDS.peers.length) +
      `[${list(([, peer]) => JSON.stringify(peer))}]${FIELDS.reputations}` +
      list(([place]) => (reputations[place] ?? '').trim()) +
      `]${FIELDS.connections}` +
      list(([place]) => (connections[place] ?? '').trim()) +
      text.slice(ends.connections)
    );
  }

  /** Where the fields end. What is looked for cannot be within a string: it has quotes. */
  private ends(): { peers: number; reputations: number; connections: number } {
    const { text } = this;
    const connections = text.lastIndexOf(TIME);
    const reputations = text.lastIndexOf(FIELDS.connections, connections);
    return { peers: text.lastIndexOf(FIELDS.reputations, reputations), reputations, connections };
  }
}

/** The reports that were asked for last, by id. */
export class MadeReports {
  private readonly reports = new LRUCache<string, MadeReport>({
    maxSize: MAX_LENGTH,
    sizeCalculation: ({ text }) => 2 * text.length,
  });

  /** All of them, as long as they are asked for. */
  all(): ReadonlyMap<string, MadeReport> {
    return new Map(this.reports.entries());
  }

  keep(id: string, report: MadeReport): void {
    this.reports.set(id, report);
  }
}
