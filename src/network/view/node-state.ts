import { addressGroup } from '../../platform/address/index.js';
import { timeOf } from '../../storage/index.js';
import { type FieldValue, NODE_FIELDS, type NodeField } from '../network.dto.js';
import type { BlockTimes } from './chain-header.js';
import { parseInteger } from '../../platform/json/index.js';
import { type ConnectionRow, parseRate, type ReportRow, type StatusRow, SYNCING } from './report-row.js';

/** A block, and when it was reported: microseconds since the epoch. */
interface BestBlock {
  hash: string;
  height: number;
  at: number;
  /** The address of the report, for IPv6 its /64 network: see `addressGroup`. */
  address: string;
  /** Whether it was reported when it was imported, and not while syncing, so that its delay is known. */
  isMeasured: boolean;
}

/** The last finalized block of a node, and the address of the report. */
interface FinalizedBlock {
  height: number;
  hash: string | null;
  address: string;
}

/** The newest reported value, and when it was reported: microseconds since the epoch. */
export interface Reported<Value> {
  at: number;
  value: Value;
}

interface Traffic {
  peers: number | null;
  upload: number | null;
  download: number | null;
}

/**
 * The newest values that one connection reported. Reports may be repeated, and may come late. Only `blockTime`, and the time
 * of a block that comes back, depend on their order.
 */
export class ConnectionState {
  best: BestBlock | undefined;
  finalized: Reported<FinalizedBlock> | undefined;
  transactions: Reported<number> | undefined;
  traffic: Reported<Traffic> | undefined;
  /** Milliseconds between the first reports of its last two heights. */
  blockTime: Reported<number | null> | undefined;
  status: StatusRow | undefined;
  heardAt = -Infinity;
  /** For IPv6 its /64 network: see `addressGroup`. */
  address = '';
  private importedHeight: number | null = null;
  private heightAt = -Infinity;
  private described: ConnectionRow;

  constructor(row: ConnectionRow) {
    this.described = row;
    this.setRow(row);
  }

  /** Its last read row. */
  get row(): ConnectionRow {
    return this.described;
  }

  setRow(row: ConnectionRow): void {
    this.described = row;
    this.address = addressGroup(row.address);
    this.heardAt = Math.max(this.heardAt, row.lastMessageAt);
  }

  addReport(row: ReportRow): void {
    this.heardAt = Math.max(this.heardAt, row.receivedAt);
    if (row.msg === 'block.import') this.onImport(row);
    else if (row.msg === 'notify.finalized') this.setFinalized(row.height, row.best, row.receivedAt);
    else if (row.msg === 'txpool.import') this.setTransactions(row.ready, row.receivedAt);
    else this.onInterval(row);
  }

  /** @returns whether it is news */
  setStatus(row: StatusRow): boolean {
    if (row.changedAt <= (this.status?.changedAt ?? -Infinity)) return false;
    this.status = row;
    return true;
  }

  private onImport({ best: hash, height: text, receivedAt: at, origin }: ReportRow): void {
    const height = parseInteger(text);
    if (hash === null || height === null) return;
    this.timeBlock(height, at);
    const isEarlier = at < (this.best?.at ?? -Infinity);
    const isSame = hash === this.best?.hash;
    if (isEarlier ? !isSame : isSame && this.best?.isMeasured) return;
    this.best = { hash, height, at, address: this.address, isMeasured: origin !== SYNCING };
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

  private onInterval(row: ReportRow): void {
    const { best: hash, receivedAt: at } = row;
    const height = parseInteger(row.height);
    const isNewer = at > (this.best?.at ?? -Infinity) && hash !== this.best?.hash;
    // The node may have had this block for seconds.
    if (hash !== null && height !== null && isNewer) {
      this.best = { hash, height, at, address: this.address, isMeasured: false };
    }
    this.setFinalized(row.finalized_height, row.finalized_hash, at);
    this.setTransactions(row.txcount, at);
    if (row.peers === null || at < (this.traffic?.at ?? -Infinity)) return;
    const [upload, download] = [parseRate(row.bandwidth_upload), parseRate(row.bandwidth_download)];
    this.traffic = { at, value: { peers: parseInteger(row.peers), upload, download } };
  }

  private setFinalized(text: string | null, hash: string | null, at: number): void {
    const height = parseInteger(text);
    if (height === null || at < (this.finalized?.at ?? -Infinity)) return;
    this.finalized = { at, value: { height, hash, address: this.address } };
  }

  private setTransactions(text: string | null, at: number): void {
    const count = parseInteger(text);
    if (count === null || at < (this.transactions?.at ?? -Infinity)) return;
    this.transactions = { at, value: count };
  }
}

/** The index of each field in the arrays of a node. */
const INDEX = Object.fromEntries(NODE_FIELDS.map((field, index) => [field, index])) as Record<
  NodeField,
  number
>;

/**
 * The latest state of a node from all its open connections, and when each field changed. Its id is the lowest id of these
 * connections.
 */
export class NodeState {
  private readonly values: FieldValue[] = NODE_FIELDS.map(() => null);
  private readonly changes = new Float64Array(NODE_FIELDS.length).fill(-Infinity);
  /** The stamp of the latest change. */
  changedAt = -Infinity;
  /** Its best block, and when it was reported first: microseconds since the epoch. */
  best: BestBlock | undefined;
  finalized: Reported<FinalizedBlock> | undefined;
  /** The name of its chain, as the node reports it. */
  chainName: string | null = null;

  constructor(
    readonly id: number,
    /** The stamp when it appeared. */
    private readonly addedAt: number,
  ) {}

  get(field: NodeField): FieldValue {
    return this.values[INDEX[field]] ?? null;
  }

  /**
   * Merges the newest values of its connections, of which there is at least one.
   *
   * @param stamp of this update, in microseconds by the database: see `NetworkView`
   */
  merge(connections: readonly ConnectionState[], blocks: BlockTimes, stamp: number): void {
    this.mergeRows(connections, stamp);
    this.mergeStatuses(connections, stamp);
    this.best = bestOf(connections);
    const { best } = this;
    this.set('best_height', best?.height ?? null, stamp);
    this.set('best_hash', best?.hash ?? null, stamp);
    this.set('best_at', best === undefined ? null : timeOf(best.at), stamp);
    const first = best?.isMeasured ? blocks.firstSeen(best.hash) : undefined;
    const late = best === undefined || first === undefined ? null : best.at - first;
    this.set('propagation_ms', late === null ? null : Math.max(0, Math.round(late / 1000)), stamp);
    this.set('block_time_ms', newest(connections.map(({ blockTime }) => blockTime))?.value ?? null, stamp);
    this.finalized = newest(connections.map(({ finalized }) => finalized));
    this.set('finalized_height', this.finalized?.value.height ?? null, stamp);
    this.set('finalized_hash', this.finalized?.value.hash ?? null, stamp);
    const transactions = newest(connections.map((connection) => connection.transactions));
    this.set('transactions', transactions?.value ?? null, stamp);
    const traffic = newest(connections.map((connection) => connection.traffic))?.value;
    for (const field of ['peers', 'upload', 'download'] as const) {
      this.set(field, traffic?.[field] ?? null, stamp);
    }
    this.set('last_heard_at', timeOf(Math.max(...connections.map(({ heardAt }) => heardAt))), stamp);
  }

  /** Sets whether its heights are above the confirmed ones of its chain. */
  compareWith(best: number | null, finalized: number | null, stamp: number): void {
    const isAbove = (height: number | undefined, confirmed: number | null): boolean =>
      height !== undefined && (confirmed === null || height > confirmed);
    const unconfirmed = isAbove(this.best?.height, best) || isAbove(this.finalized?.value.height, finalized);
    this.set('unconfirmed', unconfirmed, stamp);
  }

  /** JSON of the fields that changed after a stamp, of all fields if the node is new since then; undefined without a change. */
  changesAfter(stamp: number, fields: readonly NodeField[]): string | undefined {
    if (this.changedAt <= stamp) return undefined;
    if (this.addedAt > stamp) return this.json(fields);
    const changed: Record<string, FieldValue> = { id: this.id };
    let any = false;
    for (const field of fields) {
      const index = INDEX[field];
      if ((this.changes[index] ?? NaN) <= stamp) continue;
      changed[field] = this.values[index] ?? null;
      any = true;
    }
    return any ? JSON.stringify(changed) : undefined;
  }

  /** JSON of some fields. */
  json(fields: readonly NodeField[]): string {
    const entries = fields.map((field): [string, FieldValue] => [field, this.get(field)]);
    return JSON.stringify({ id: this.id, ...Object.fromEntries(entries) });
  }

  private mergeRows(connections: readonly ConnectionState[], stamp: number): void {
    const rows = connections.map(({ row }) => row);
    const latest = rows.reduce((last, row) => (heardLater(row, last) ? row : last));
    for (const field of ['peer_id', 'name', 'authority', 'implementation', 'version'] as const) {
      this.set(field, latest[field], stamp);
    }
    const startup = latest.startupTime;
    this.set('startup_time', startup !== null && Number.isSafeInteger(startup) ? startup : null, stamp);
    this.set('connected_at', timeOf(Math.min(...rows.map(({ connectedAt }) => connectedAt))), stamp);
    this.set('connections', rows.length, stamp);
    const differ = differing(rows.map(({ name }) => name)) || differing(rows.map((row) => row.startupTime));
    this.set('duplicate', differ, stamp);
    this.chainName = latest.chainName;
  }

  /** All connections of a node have the same status, once a pass has seen them. */
  private mergeStatuses(connections: readonly ConnectionState[], stamp: number): void {
    const last = connections.reduce<StatusRow | undefined>(
      (latest, { status }) =>
        status !== undefined && status.changedAt > (latest?.changedAt ?? -Infinity) ? status : latest,
      undefined,
    );
    this.set('status', last?.status ?? null, stamp);
    this.set('status_since', last === undefined ? null : timeOf(last.since), stamp);
    this.set('clock_wrong', last?.clockWrong ?? null, stamp);
  }

  private set(field: NodeField, value: FieldValue, stamp: number): void {
    const index = INDEX[field];
    if (this.values[index] === value) return;
    this.values[index] = value;
    this.changes[index] = stamp;
    this.changedAt = stamp;
  }
}

/** Compares by the last message; of two at the same time, the newer connection is later. */
function heardLater(one: ConnectionRow, other: ConnectionRow): boolean {
  const later =
    one.lastMessageAt - other.lastMessageAt || one.connectedAt - other.connectedAt || one.id - other.id;
  return later > 0;
}

/** The block that was reported last, with the time of its first report by any connection. */
function bestOf(connections: readonly ConnectionState[]): BestBlock | undefined {
  const all = connections.flatMap(({ best }) => (best === undefined ? [] : [best]));
  const last = newest(all);
  const same = all.filter(({ hash, height }) => hash === last?.hash && height === last.height);
  const measured = same.filter(({ isMeasured }) => isMeasured);
  return (measured.length > 0 ? measured : same).reduce<BestBlock | undefined>(
    (first, best) => (first !== undefined && first.at <= best.at ? first : best),
    undefined,
  );
}

function newest<Value extends { at: number }>(all: readonly (Value | undefined)[]): Value | undefined {
  return all.reduce(
    (last, one) => (one !== undefined && one.at > (last?.at ?? -Infinity) ? one : last),
    undefined,
  );
}

/** Whether there are several values. Null is not a value. */
function differing(values: readonly (string | number | null)[]): boolean {
  return new Set(values.filter((value) => value !== null)).size > 1;
}
