import { addressGroup } from '../../platform/address/index.js';
import { CATCHING_UP, type ConnectionRow, rate, type ReportRow, wholeNumber } from './report-row.js';

/** A block, and when it was reported: microseconds since the epoch. */
export interface BestBlock {
  hash: string;
  height: number;
  at: number;
  /** Where it was reported from. IPv6 by its network: see `addressGroup`. */
  address: string;
  /** It was reported when it was imported, and not as one of the past: how late it came is known. */
  isMeasured: boolean;
}

/** The last block that is final for a node, and where it was reported from. */
export interface FinalizedBlock {
  height: number;
  hash: string | null;
  address: string;
}

/** The newest that was reported of one thing, and when: microseconds since the epoch. */
export interface Reported<Value> {
  at: number;
  value: Value;
}

export interface Traffic {
  peers: number | null;
  upload: number | null;
  download: number | null;
}

/**
 * The newest that one connection reported of its node. It is the same in whatever order, and however often, reports
 * come.
 */
export class ConnectionState {
  best: BestBlock | undefined;
  finalized: Reported<FinalizedBlock> | undefined;
  transactions: Reported<number> | undefined;
  traffic: Reported<Traffic> | undefined;
  /** Milliseconds between its last two heights. */
  blockTime: Reported<number | null> | undefined;
  heardAt = -Infinity;
  /** IPv6 by its network: see `addressGroup`. */
  address = '';
  private importedHeight: number | null = null;
  private heightAt = -Infinity;
  private described: ConnectionRow;

  constructor(row: ConnectionRow) {
    this.described = row;
    this.describe(row);
  }

  /** Its row, as it was read last. */
  get row(): ConnectionRow {
    return this.described;
  }

  describe(row: ConnectionRow): void {
    this.described = row;
    this.address = addressGroup(row.address);
    this.heardAt = Math.max(this.heardAt, row.lastMessageAt);
  }

  report(row: ReportRow): void {
    this.heardAt = Math.max(this.heardAt, row.receivedAt);
    if (row.msg === 'block.import') this.imported(row);
    else if (row.msg === 'notify.finalized') this.finalise(row.height, row.best, row.receivedAt);
    else if (row.msg === 'txpool.import') this.pool(row.ready, row.receivedAt);
    else this.interval(row);
  }

  private imported({ best: hash, height: text, receivedAt: at, origin }: ReportRow): void {
    const height = wholeNumber(text);
    if (hash === null || height === null) return;
    this.timeBlock(height, at);
    const isEarlier = at < (this.best?.at ?? -Infinity);
    const isSame = hash === this.best?.hash;
    if (isEarlier ? !isSame : isSame && this.best?.isMeasured) return;
    this.best = { hash, height, at, address: this.address, isMeasured: origin !== CATCHING_UP };
  }

  private timeBlock(height: number, at: number): void {
    const lastAt = this.blockTime?.at ?? -Infinity;
    const isNext = at === lastAt && height > (this.importedHeight ?? 0);
    if (at <= lastAt && !isNext) return;
    const isHigher = this.importedHeight !== null && height > this.importedHeight;
    const value = isHigher ? Math.round((at - this.heightAt) / 1000) : (this.blockTime?.value ?? null);
    if (this.importedHeight !== height) this.heightAt = at;
    this.importedHeight = height;
    this.blockTime = { at, value };
  }

  private interval(row: ReportRow): void {
    const { best: hash, receivedAt: at } = row;
    const height = wholeNumber(row.height);
    const isNewer = at > (this.best?.at ?? -Infinity) && hash !== this.best?.hash;
    // It may have had it for seconds.
    if (hash !== null && height !== null && isNewer) {
      this.best = { hash, height, at, address: this.address, isMeasured: false };
    }
    this.finalise(row.finalized_height, row.finalized_hash, at);
    this.pool(row.txcount, at);
    if (row.peers === null || at < (this.traffic?.at ?? -Infinity)) return;
    const [upload, download] = [rate(row.bandwidth_upload), rate(row.bandwidth_download)];
    this.traffic = { at, value: { peers: wholeNumber(row.peers), upload, download } };
  }

  private finalise(text: string | null, hash: string | null, at: number): void {
    const height = wholeNumber(text);
    if (height === null || at < (this.finalized?.at ?? -Infinity)) return;
    this.finalized = { at, value: { height, hash, address: this.address } };
  }

  private pool(text: string | null, at: number): void {
    const count = wholeNumber(text);
    if (count === null || at < (this.transactions?.at ?? -Infinity)) return;
    this.transactions = { at, value: count };
  }
}
