import type { NodeMessage, Stored } from '../database/stored.js';
import type { NodeRecord, SocketRecord } from '../fleet/records.js';

/** One process of a server. */
export interface ServerRun {
  replica: number;
  /** Milliseconds since the epoch. A socket that was opened after that, and before the next start, is its. */
  startedAt: number;
  /** When it was killed, where it was. */
  killedAt: number | undefined;
  /** Messages that it had read when it was last asked. */
  read: number;
  /** Whether it has read no more than that: it was queried when all nodes had closed their sockets. */
  exactly: boolean;
  /** Rejected messages that it counted without keeping their heads. */
  notKept: number;
  /** Resident memory at its highest. */
  peakMib?: number;
}

export interface Balance {
  /** Messages that nodes gave to the system to send. */
  sent: number;
  /**
   * Of these, what must be accounted for: all messages of sockets that ended with a close frame, and of others what
   * the server is known to have read, be it by a pong, by a later message of the same socket that is stored, or by
   * its own count.
   */
  due: number;
  /** Sent and not due: lay in buffers of a connection that broke. */
  unread: number;
  stored: number;
  rejected: number;
  /** Of the due: they were stored, and went with what an operator did to the database. */
  gone: number;
  /** In records of the journal that were damaged on purpose. */
  damaged: number;
  /** Rejected and counted, without the head. */
  notKept: number;
  /** Due, and neither stored nor counted. */
  missing: number;
  twice: number;
  /** What else must not be: stored otherwise than sent, in the wrong table, never sent, rejected for no reason. */
  wrong: number;
  /** Up to 20 lines on what is missing, stored twice or wrong. */
  findings: string[];
}

/** An operator emptied the database, or put an older one in its place. */
export interface OperatorAct {
  /** What it held before. */
  before: Stored;
  /** What it held after that, which is to stay; nothing unless given. */
  kept?: Stored;
}

export interface Ledger {
  nodes: readonly NodeRecord[];
  runs: readonly ServerRun[];
  stored: Stored;
  /** What damaged records held. */
  damaged: readonly NodeMessage[];
  /** In the order in which they happened. */
  gone?: readonly OperatorAct[];
}

const MAX_FINDINGS = 20;
/**
 * The answer to a close frame, unlike a pong, may go out in the turn of the event loop in which the last messages
 * were read: those are safe from the next turn on. Milliseconds.
 */
const SAME_TURN_MS = 50;

/** What became of a message, in a byte. */
const NONE = 0;
const STORED = 1;
const REJECTED = 2;
const DAMAGED = 3;
const GONE = 4;

/** Compares what was sent with what became of it. */
export function balance(ledger: Ledger): Balance {
  return new Account(ledger).settle();
}

class Account {
  private readonly fates = new Map<number, Uint8Array>();
  private readonly accounted = new Map<ServerRun, number>();
  private readonly missing = new Map<ServerRun, number>();
  private readonly total: Balance = {
    sent: 0,
    due: 0,
    unread: 0,
    stored: 0,
    rejected: 0,
    gone: 0,
    damaged: 0,
    notKept: 0,
    missing: 0,
    twice: 0,
    wrong: 0,
    findings: [],
  };

  constructor(private readonly ledger: Ledger) {}

  settle(): Balance {
    for (const record of this.ledger.nodes) {
      this.fates.set(record.node, new Uint8Array(1 + (record.sockets.at(-1)?.last ?? 0)));
    }
    for (const act of this.ledger.gone ?? []) this.enterGone(act);
    this.enterStored();
    this.enterRejected();
    this.enterDamaged();
    for (const node of this.ledger.nodes) for (const socket of node.sockets) this.settleSocket(node, socket);
    for (const run of this.ledger.runs) this.settleRun(run);
    return this.total;
  }

  /** What went may come again from a journal, and need not. */
  private enterGone({ before, kept }: OperatorAct): void {
    this.findFaults(before);
    this.mark(before, GONE);
    if (kept !== undefined) this.mark(kept, NONE);
  }

  private mark({ ranges, rejected }: Stored, fate: number): void {
    for (const { node, first, last } of ranges) this.fates.get(node)?.fill(fate, first, last + 1);
    for (const { node, number } of rejected) this.fates.get(node)?.fill(fate, number, number + 1);
  }

  private enterStored(): void {
    const { ranges } = this.ledger.stored;
    const audits = new Map(this.ledger.nodes.map(({ node, audit }) => [node, audit]));
    for (const { node, audit, first, last } of ranges) {
      if (audits.get(node) !== audit) this.wrong(`node ${node}: ${first} to ${last} are in the wrong table`);
      for (let number = first; number <= last; number += 1) this.enter({ node, number }, STORED);
    }
    this.findFaults(this.ledger.stored);
  }

  private findFaults({ twice, changed }: Stored): void {
    for (const { node, number } of twice) {
      this.total.twice += 1;
      this.find(`node ${node}: ${number} is stored twice`);
    }
    for (const { node, number } of changed)
      this.wrong(`node ${node}: ${number} is not stored as it was sent`);
  }

  private enterRejected(): void {
    const bad = new Map(this.ledger.nodes.map((record) => [record.node, record.bad]));
    for (const message of this.ledger.stored.rejected) {
      const expected = bad.get(message.node)?.get(message.number);
      if (expected !== message.reason) {
        this.wrong(
          `node ${message.node}: ${message.number} was rejected for ${message.reason}, not for ${expected ?? 'nothing'}`,
        );
      }
      this.enter(message, REJECTED);
    }
  }

  private enterDamaged(): void {
    for (const message of this.ledger.damaged) this.enter(message, DAMAGED);
  }

  private enter({ node, number }: NodeMessage, fate: number): void {
    const fates = this.fates.get(node);
    if (fates === undefined || number < 1 || number >= fates.length) {
      this.wrong(`node ${node}: ${number} was never sent`);
      return;
    }
    if (fates[number] === fate) {
      // Of stored ones the database tells by itself.
      if (fate === REJECTED) {
        this.total.twice += 1;
        this.find(`node ${node}: ${number} is rejected twice`);
      }
    } else if (fates[number] !== NONE && fates[number] !== GONE) {
      this.wrong(`node ${node}: ${number} has two fates`);
    }
    fates[number] = fate;
  }

  private settleSocket(node: NodeRecord, socket: SocketRecord): void {
    const fates = this.fates.get(node.node) ?? new Uint8Array();
    const run = this.runOf(socket);
    let due = this.knownRead(socket, run);
    for (let number = socket.last; number > due; number -= 1) if (fates[number] !== NONE) due = number;
    let accounted = 0;
    let missing = 0;
    for (let number = socket.first; number <= due; number += 1) {
      const fate = fates[number] ?? NONE;
      if (fate === STORED) this.total.stored += 1;
      if (fate === REJECTED) this.total.rejected += 1;
      if (fate === DAMAGED) this.total.damaged += 1;
      if (fate === GONE) this.total.gone += 1;
      if (fate !== NONE) accounted += 1;
      else if (run !== undefined && run.notKept > 0 && node.bad.has(number)) this.total.notKept += 1;
      else {
        missing += 1;
        this.find(
          `node ${node.node}: ${number} is missing (socket ${socket.first} to ${socket.last}, ${socket.end})`,
        );
      }
    }
    this.total.missing += missing;
    this.total.sent += socket.last - socket.first + 1;
    this.total.due += due - socket.first + 1;
    this.total.unread += socket.last - due;
    if (run === undefined) {
      this.wrong(`node ${node.node}: a socket to server ${socket.replica}, which did not run`);
      return;
    }
    this.accounted.set(run, (this.accounted.get(run) ?? 0) + accounted);
    this.missing.set(run, (this.missing.get(run) ?? 0) + missing);
  }

  /** Up to which message the server has read for sure, and kept. */
  private knownRead(socket: SocketRecord, run: ServerRun | undefined): number {
    const inOrder = socket.end === 'closed' || socket.end === 'closed_by_server';
    const inTime = run?.killedAt === undefined || socket.endedAt <= run.killedAt - SAME_TURN_MS;
    if (inOrder && inTime) return socket.last;
    return socket.pongs.at(-1)?.number ?? socket.first - 1;
  }

  private runOf(socket: SocketRecord): ServerRun | undefined {
    return this.ledger.runs.findLast(
      ({ replica, startedAt }) => replica === socket.replica && startedAt <= socket.openedAt,
    );
  }

  /** The server's own count must not exceed what is accounted for; where it counted all, not fall short either. */
  private settleRun(run: ServerRun): void {
    const accounted = (this.accounted.get(run) ?? 0) + run.notKept;
    const name = `server ${run.replica}, started at ${new Date(run.startedAt).toISOString()}`;
    if (accounted < run.read) {
      const short = run.read - accounted;
      // Some of them may be missing by the nodes' records already.
      this.total.missing += Math.max(0, short - (this.missing.get(run) ?? 0));
      this.find(`${name}: has read ${run.read} messages, of which ${short} are not accounted for`);
    }
    if (run.exactly && accounted > run.read) {
      this.wrong(`${name}: has read ${run.read} messages, but ${accounted} are accounted for`);
    }
  }

  private wrong(finding: string): void {
    this.total.wrong += 1;
    this.find(finding);
  }

  private find(finding: string): void {
    if (this.total.findings.length < MAX_FINDINGS) this.total.findings.push(finding);
  }
}
