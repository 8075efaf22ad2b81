import { timeOf } from '../../storage/index.js';
import { type FieldValue, NODE_FIELDS, type NodeField } from '../node-fields.js';
import type { BlockTimes } from './block-times.js';
import { CATCHING_UP, type ConnectionRow, rate, type ReportRow, wholeNumber } from './report-row.js';

const PLACE = new Map(NODE_FIELDS.map((field, at) => [field, at]));
/** The latest that is known of a node, and when each part of it changed. */
export class NodeState {
  private readonly values: FieldValue[] = NODE_FIELDS.map(() => null);
  private readonly changes = new Float64Array(NODE_FIELDS.length).fill(-Infinity);
  /** The stamp of the latest change. */
  changedAt = -Infinity;
  /** Of its row, when it was read. */
  revision = 0;
  private bestAt = -Infinity;
  private importedAt = -Infinity;
  private importedHeight: number | null = null;
  private heightAt = -Infinity;
  private finalizedAt = -Infinity;
  private transactionsAt = -Infinity;
  private trafficAt = -Infinity;
  private heardAt = -Infinity;

  constructor(
    readonly id: number,
    /** The stamp since when it is here. */
    private readonly bornAt: number,
  ) {}

  get(field: NodeField): FieldValue {
    return this.values[PLACE.get(field) ?? NaN] ?? null;
  }

  /** When it reported its best block first: microseconds since the epoch. */
  get bestSeenAt(): number {
    return this.bestAt;
  }

  /** Takes in what its connection says. */
  describe(row: ConnectionRow, stamp: number): void {
    this.revision = row.revision;
    for (const field of ['peer_id', 'name', 'authority', 'implementation', 'version'] as const) {
      this.set(field, row[field], stamp);
    }
    const startup = row.startupTime;
    this.set('startup_time', startup !== null && Number.isSafeInteger(startup) ? startup : null, stamp);
    this.set('connected_at', timeOf(row.connectedAt), stamp);
    this.heard(row.lastMessageAt, stamp);
  }

  /** Takes in what it reported, where that is newer than what is known. In any order, and as often as it comes. */
  report(row: ReportRow, stamp: number, blocks: BlockTimes): void {
    this.heard(row.receivedAt, stamp);
    if (row.msg === 'block.import') this.imported(row, stamp, blocks);
    else if (row.msg === 'notify.finalized') this.finalized(row.height, row.best, row.receivedAt, stamp);
    else if (row.msg === 'txpool.import') this.transactions(row.ready, row.receivedAt, stamp);
    else this.interval(row, stamp);
  }

  /** The first report of its best block turned out to be earlier. */
  measure(blocks: BlockTimes, stamp: number): void {
    const hash = this.get('best_hash');
    const first = typeof hash === 'string' ? blocks.firstSeen(hash) : undefined;
    if (first === undefined || this.get('propagation_ms') === null) return;
    this.set('propagation_ms', propagation(this.bestAt, first), stamp);
  }

  /** JSON of what changed after a stamp, or all of it where it came after; undefined where nothing did. */
  changesAfter(stamp: number, fields: readonly NodeField[]): string | undefined {
    if (this.changedAt <= stamp) return undefined;
    if (this.bornAt > stamp) return this.json(fields);
    const changed: Record<string, FieldValue> = { id: this.id };
    let any = false;
    for (const field of fields) {
      const at = PLACE.get(field) ?? NaN;
      if ((this.changes[at] ?? NaN) <= stamp) continue;
      changed[field] = this.values[at] ?? null;
      any = true;
    }
    return any ? JSON.stringify(changed) : undefined;
  }

  /** JSON of some fields, as they are. */
  json(fields: readonly NodeField[]): string {
    const entries = fields.map((field): [string, FieldValue] => [field, this.get(field)]);
    return JSON.stringify({ id: this.id, ...Object.fromEntries(entries) });
  }

  private imported(row: ReportRow, stamp: number, blocks: BlockTimes): void {
    const { best: hash, receivedAt: at, origin } = row;
    const height = wholeNumber(row.height);
    if (hash === null || height === null) return;
    const earlier = at < this.bestAt;
    const same = hash === this.get('best_hash');
    const isNext = at === this.importedAt && height > (this.importedHeight ?? 0);
    if (at > this.importedAt || isNext) {
      if (this.importedHeight !== null && height > this.importedHeight) {
        this.set('block_time_ms', Math.round((at - this.heightAt) / 1000), stamp);
      }
      if (this.importedHeight !== height) this.heightAt = at;
      this.importedHeight = height;
      this.importedAt = at;
    }
    if (earlier ? !same : same && this.get('propagation_ms') !== null) return;
    this.best(hash, height, at, stamp);
    const first = origin === CATCHING_UP ? undefined : blocks.firstSeen(hash);
    this.set('propagation_ms', first === undefined ? null : propagation(at, first), stamp);
  }

  private interval(row: ReportRow, stamp: number): void {
    const { best: hash, receivedAt: at } = row;
    const height = wholeNumber(row.height);
    if (hash !== null && height !== null && at > this.bestAt && hash !== this.get('best_hash')) {
      this.best(hash, height, at, stamp);
      // It may have had it for seconds.
      this.set('propagation_ms', null, stamp);
    }
    this.finalized(row.finalized_height, row.finalized_hash, at, stamp);
    this.transactions(row.txcount, at, stamp);
    if (row.peers === null || at < this.trafficAt) return;
    this.trafficAt = at;
    this.set('peers', wholeNumber(row.peers), stamp);
    this.set('upload', rate(row.bandwidth_upload), stamp);
    this.set('download', rate(row.bandwidth_download), stamp);
  }

  private best(hash: string, height: number, at: number, stamp: number): void {
    this.bestAt = at;
    this.set('best_hash', hash, stamp);
    this.set('best_height', height, stamp);
    this.set('best_at', timeOf(at), stamp);
  }

  private finalized(height: string | null, hash: string | null, at: number, stamp: number): void {
    const number = wholeNumber(height);
    if (number === null || at < this.finalizedAt) return;
    this.finalizedAt = at;
    this.set('finalized_height', number, stamp);
    this.set('finalized_hash', hash, stamp);
  }

  private transactions(count: string | null, at: number, stamp: number): void {
    const number = wholeNumber(count);
    if (number === null || at < this.transactionsAt) return;
    this.transactionsAt = at;
    this.set('transactions', number, stamp);
  }

  private heard(at: number, stamp: number): void {
    if (at <= this.heardAt) return;
    this.heardAt = at;
    this.set('last_heard_at', timeOf(at), stamp);
  }

  private set(field: NodeField, value: FieldValue, stamp: number): void {
    const at = PLACE.get(field) ?? NaN;
    if (this.values[at] === value) return;
    this.values[at] = value;
    this.changes[at] = stamp;
    this.changedAt = stamp;
  }
}

function propagation(at: number, first: number): number {
  return Math.max(0, Math.round((at - first) / 1000));
}
