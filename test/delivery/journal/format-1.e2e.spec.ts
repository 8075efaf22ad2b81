import { cp, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeBatch, keysOf, newFormat } from '../../../src/delivery/journal/format/index.js';
import { Journal } from '../../../src/delivery/journal/index.js';
import { frameRecord } from '../../../src/delivery/journal/records.js';
import {
  connectionId,
  type ConnectionSnapshot,
  type MessageRow,
  UNKNOWN_IDENTITY,
  messageTuple,
} from '../../../src/storage/index.js';
import type { Batch, RowBlock } from '../../../src/telemetry/index.js';
import { tempDir } from '../../support/temp-dir.js';
import { drainJournal } from '../../support/drain-journal.js';

/*
 * What servers of this format left on disk, and what is in it. The files never change: journals like them lie
 * somewhere. Once a new version writes something else, it gets files of its own beside these, which it is then to read.
 */
const FILES = join(import.meta.dirname, '..', '..', 'fixtures', 'journal-v1');

const AT = 1_764_000_000_000;
const COLLECTOR = { id: '019ab000-0000-7000-8000-0000000000c0', number: 1_048_577 };
const ALICE = connectionId(COLLECTOR.number, 1);
const BOB = connectionId(COLLECTOR.number, 4_294_967_295);

function block(rows: readonly Omit<MessageRow, 'logs'>[], logs: readonly string[]): RowBlock {
  const times = rows.map(({ createdAt }) => Math.floor(createdAt / 1000));
  const tuples = rows.map((head, index) => {
    return messageTuple(head, Buffer.from(logs[index] ?? ''));
  });
  return {
    rows: rows.length,
    tuples: Buffer.concat(tuples),
    oldest: rows.length === 0 ? 0 : Math.min(...times),
    newest: rows.length === 0 ? 0 : Math.max(...times),
  };
}
const NO_ROWS = block([], []);

const alice: ConnectionSnapshot = {
  ...UNKNOWN_IDENTITY,
  id: ALICE,
  revision: 3,
  socketId: '019ab000-0000-7000-8000-0000000000a1',
  envelopeId: 7,
  ipAddr: '2001:db8::7',
  path: '/submit/',
  audit: false,
  createdAt: AT - 5_000,
  firstMessageAt: AT - 4_000,
  lastMessageAt: AT,
  oldestCreatedAt: AT - 604_800_000,
  newestCreatedAt: AT,
  types: [2, 16, 17, 1, 0],
  rttUs: null,
  endedAt: AT + 1,
  endReason: 'closed',
  endCode: 1000,
  peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  name: 'größer "🦀"\n',
  chain: 'Kusama',
  version: '1.16.1-835e0767fe8',
  authority: true,
  startupTime: 1_763_999_000_123,
  implementation: 'Parity Polkadot',
  config: '',
  genesisHash: '0xb0a8d493285c2df73290dfb7e61f870f17b41801197a149ca93654499ea3dafe',
  targetOs: 'linux',
  targetArch: 'x86_64',
  targetEnv: 'gnu',
  sysinfo: '{"memory":18446744073709551615,"core_count":24}',
};
/** Nothing that it sent could be taken, so that it has no bounds. */
const bob: ConnectionSnapshot = {
  ...UNKNOWN_IDENTITY,
  id: BOB,
  revision: 1,
  socketId: '019ab000-0000-7000-8000-0000000000b0',
  envelopeId: null,
  ipAddr: '192.0.2.7',
  path: '/audit',
  audit: true,
  createdAt: AT,
  firstMessageAt: AT,
  lastMessageAt: AT,
  oldestCreatedAt: Infinity,
  newestCreatedAt: -Infinity,
  types: [],
  rttUs: null,
  endedAt: null,
  endReason: null,
  endCode: null,
};

const APPENDED: readonly Batch[] = [
  {
    id: '019ab000-0000-7000-8000-000000000001',
    collector: COLLECTOR,
    firstReceivedAt: AT,
    sealedAt: AT + 100,
    expiring: block(
      [
        { createdAt: AT * 1000 + 123_457, receivedAt: AT * 1000, connectionId: ALICE, type: 17 },
        {
          createdAt: AT * 1000 - 604_800_000_000,
          receivedAt: AT * 1000 + 1_000,
          connectionId: ALICE,
          type: 1,
        },
      ],
      ['{"msg":"block.import","n":18446744073709551615}', '{"msg":"größer","name":"🦀\\n"}'],
    ),
    audit: block(
      [{ createdAt: -1, receivedAt: AT * 1000, connectionId: BOB, type: 0 }],
      ['{"x":1.50, "x":2}'],
    ),
    connections: [alice, bob],
    rejected: [
      {
        receivedAt: AT,
        connectionId: ALICE,
        path: '/submit/',
        ipAddr: '2001:db8::7',
        reason: 'invalid_utf8',
        size: 5_000,
        head: Buffer.from([0x7b, 0x00, 0xff, 0xc3, 0x28]),
      },
      {
        receivedAt: AT + 1,
        connectionId: null,
        path: '/',
        ipAddr: '192.0.2.7',
        reason: 'invalid_json',
        size: 0,
        head: Buffer.alloc(0),
      },
    ],
  },
  {
    id: '019ab000-0000-7000-8000-000000000002',
    collector: COLLECTOR,
    firstReceivedAt: AT + 200,
    sealedAt: AT + 300,
    expiring: NO_ROWS,
    audit: NO_ROWS,
    connections: [{ ...bob, revision: 2, endedAt: AT + 300, endReason: 'no_message', endCode: 1008 }],
    rejected: [],
  },
];

const row = (n: number): RowBlock =>
  block(
    [{ createdAt: AT * 1000 + n, receivedAt: AT * 1000 + n, connectionId: ALICE, type: 16 }],
    [`{"msg":"system.interval","n":${n}}`],
  );
const open = { id: '019ab000-0000-7000-8000-000000000003', collector: COLLECTOR, firstReceivedAt: AT + 400 };
/** The batch that was open, in two parts. */
const PARTS: readonly Batch[] = [
  {
    ...open,
    sealedAt: AT + 401,
    expiring: row(1),
    audit: NO_ROWS,
    connections: [{ ...alice, revision: 4 }],
    rejected: [],
  },
  {
    ...open,
    sealedAt: AT + 402,
    expiring: row(2),
    audit: row(3),
    connections: [{ ...alice, revision: 5 }],
    rejected: [],
  },
];
const OPEN: Batch = {
  ...open,
  sealedAt: AT + 402,
  expiring: { rows: 2, tuples: Buffer.concat([row(1).tuples, row(2).tuples]), oldest: AT, newest: AT },
  audit: row(3),
  connections: [{ ...alice, revision: 5 }],
  rejected: [],
};

interface Description {
  format: number;
  marker: string;
  columns: string[];
}
const description = async (): Promise<Description> =>
  JSON.parse(await readFile(join(FILES, 'journal.json'), 'utf8')) as Description;

describe('a journal of format 1', () => {
  it('returns its batches, and is removed when they are stored', async () => {
    const root = join(await tempDir('journal-v1'), 'journal');
    await cp(FILES, join(root, '019ab000-0000-7000-8000-00000000000f'), { recursive: true });
    const said: unknown[] = [];
    const journal = await Journal.open({
      directory: root,
      maxBytes: 1024 ** 2,
      onDamage: (damage) => said.push(damage),
      logger: { warn: (line: string) => said.push(line) },
    });
    try {
      expect(await drainJournal(journal)).toEqual([...APPENDED, OPEN]);
      expect(said).toEqual([]);
      expect(await readdir(root)).toEqual([basename(journal.path)]);
    } finally {
      await journal.close();
    }
  });

  it('is what these batches are encoded to today, byte for byte', async () => {
    const { marker, columns } = await description();
    const keys = keysOf(columns);
    const written = (batches: readonly Batch[]): Buffer =>
      Buffer.concat(
        batches.flatMap((batch) => frameRecord(Buffer.from(marker, 'hex'), encodeBatch(batch, keys))),
      );
    expect(await readFile(join(FILES, '00000001.journal'))).toEqual(written(APPENDED));
    expect(await readFile(join(FILES, 'open-batch'))).toEqual(written(PARTS));
  });

  it('has the journal.json of new journals, except for the marker and later columns', async () => {
    const fresh = JSON.parse(newFormat().description) as Description;
    const { format, columns } = await description();
    expect({ ...fresh, marker: '' }).toEqual({ format, marker: '', columns: fresh.columns });
    expect(fresh.columns.filter((column) => columns.includes(column))).toEqual(columns);
    expect(fresh.marker).toMatch(/^[0-9a-f]{16}$/);
  });
});
