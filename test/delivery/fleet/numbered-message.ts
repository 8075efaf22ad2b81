import { hash } from 'node:crypto';
import { type Random } from '../../../src/simulator/random/random.js';

export const NUMBERED = 'test.delivery';
/** The chain that all numbered nodes are of. */
export const CHAIN = 'Delivery';

/** What a numbered node says it is called. */
export const peerIdOf = (node: number): string => `12D3Numbered${node}`;

/** SQL that is true of a stored message which is, in every field that counts, what was sent. */
export const UNCHANGED = `logs->>'sum' = md5(concat_ws(':', logs->>'node', logs->>'number', logs->>'span', logs->>'body'))`;

const WORDS = [
  'imported',
  'größer',
  'Δ',
  '区块',
  '🦀',
  'peers "quoted"',
  'back\\slash',
  '\t',
  'a',
  'finalized',
];
/** Texts are made once: what differs is where one is cut, and the numbers. */
const TEXTS = 64;

/** Generates the messages of one process of nodes: unique, and each with a checksum of itself. */
export class ChecksummedMessages {
  private readonly texts: string[];

  constructor(private readonly random: Random) {
    this.texts = Array.from({ length: TEXTS }, () => this.text());
  }

  /** A message, in the flat envelope or, as node 1 of its socket, in the nested one. */
  write(node: number, number: number, nested: boolean, msg = NUMBERED, fields = ''): string {
    const span = this.random.bits64().toString();
    const body = this.random.pick(this.texts);
    const sum = hash('md5', `${node}:${number}:${span}:${body}`);
    const ts = new Date().toISOString();
    const payload = `{"msg":"${msg}","node":${node},"number":${number},"span":${span},"sum":"${sum}"${fields},"body":${JSON.stringify(body)}`;
    return nested ? `{"id":1,"ts":"${ts}","payload":${payload}}}` : `${payload},"level":"INFO","ts":"${ts}"}`;
  }

  /** What a node says first. It is a message like the others. */
  connected(node: number, number: number, nested: boolean): string {
    const fields = `,"name":"numbered-${node}","chain":"${CHAIN}","implementation":"test","version":"1","network_id":"${peerIdOf(node)}"`;
    return this.write(node, number, nested, 'system.connected', fields);
  }

  /** A message that cannot be stored, and the reason for which it is to be rejected. */
  bad(node: number, number: number): { frame: Buffer; reason: string } {
    const start = `{"msg":"${NUMBERED}","node":${node},"number":${number},`;
    const kinds: [string, Buffer][] = [
      ['nul_character', Buffer.from(`${start}"body":"\\u0000"}`)],
      ['lone_surrogate', Buffer.from(`${start}"body":"\\ud800"}`)],
      ['number_out_of_range', Buffer.from(`${start}"span":1e999999}`)],
      ['invalid_json', Buffer.from(`${start}"body":`)],
      [
        'invalid_utf8',
        Buffer.concat([Buffer.from(`${start}"body":"`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
      ],
    ];
    const [reason, frame] = this.random.pick(kinds);
    return { frame, reason };
  }

  private text(): string {
    return Array.from({ length: this.random.between(2, 50) }, () => this.random.pick(WORDS)).join(' ');
  }
}
