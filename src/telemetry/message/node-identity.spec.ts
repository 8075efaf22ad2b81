import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SAID_FIELDS, UNKNOWN_IDENTITY } from '../../storage/index.js';
import { parseFrame, type ParsedMessage } from './message.parser.js';
import { keptBytes } from '../../../test/support/kept-bytes.js';
import { MAX_PEER_ID_LENGTH, readIdentity, readPeerId } from './node-identity.js';

function messageOf(text: string): ParsedMessage {
  const parsed = parseFrame(Buffer.from(text));
  if (parsed.kind !== 'message') throw new Error(`rejected: ${parsed.reason}`);
  return parsed.message;
}

const read = (fields: object) =>
  readIdentity(messageOf(JSON.stringify({ msg: 'system.connected', ...fields })));
const peerIdIn = (fields: object) => readPeerId(messageOf(JSON.stringify(fields)));

const PEER = 'Qmac7KAf8YVzPen8rgUnD2TS98d6uRA1kKiw1cL8G4nrRf';
describe('the identity of a node', () => {
  it('has the fields of an old node', () => {
    const text =
      '{"msg":"system.connected","level":"INFO","name":"Alice","chain":"Development","config":"",' +
      '"version":"2.0.0-x86_64-linux-gnu","authority":true,"startup_time":"1581699577396",' +
      `"network_id":"${PEER}","implementation":"Substrate Node","ts":"2020-02-14T16:59:37.403479912+00:00"}`;
    expect(readIdentity(messageOf(text))).toEqual({
      ...UNKNOWN_IDENTITY,
      peerId: PEER,
      name: 'Alice',
      chain: 'Development',
      implementation: 'Substrate Node',
      version: '2.0.0-x86_64-linux-gnu',
      config: '',
      authority: true,
      startupTime: 1581699577396,
    });
  });

  it('has the fields of a new node, with the digits of its sysinfo', () => {
    const sysinfo =
      '{ "cpu":"AMD","memory":67311525888,"core_count":8,"clock":3.50,"serial":18446744073709551615 }';
    const payload =
      `{"msg":"system.connected","authority":false,"genesis_hash":"0x91B171BB158E2D3848FA23A9F1C25182FB8E20313B2C1EB49219DA7A70CE90C3","target_os":"linux","sysinfo":${sysinfo},` +
      `"target_arch":"x86_64","target_env":"gnu","network_id":"${PEER}"}`;
    for (const text of [payload, `{"id":1,"ts":"2021-02-09T10:00:00+01:00","payload":${payload}}`]) {
      expect(readIdentity(messageOf(text))).toEqual({
        ...UNKNOWN_IDENTITY,
        peerId: PEER,
        authority: false,
        genesisHash: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
        targetOs: 'linux',
        targetArch: 'x86_64',
        targetEnv: 'gnu',
        sysinfo,
      });
    }
  });

  it('is null for other messages', () => {
    expect(readIdentity(messageOf(`{"msg":"system.interval","network_id":"${PEER}"}`))).toBeNull();
    expect(readIdentity(messageOf('{}'))).toBeNull();
  });

  it('reads booleans and times as JSON values or strings', () => {
    expect(read({ authority: 'true', startup_time: 1581699577396 })).toMatchObject({
      authority: true,
      startupTime: 1581699577396,
    });
    expect(read({ authority: 'false' })?.authority).toBe(false);
  });

  it('is null for fields with a wrong type or value', () => {
    const fields = SAID_FIELDS.map(({ said }) => said);
    for (const wrong of [null, 1.5, [], ['x'], -1, { a: 1 }]) {
      const identity = read(Object.fromEntries(fields.map((name) => [name, wrong])));
      expect({ ...identity, sysinfo: null }).toEqual(UNKNOWN_IDENTITY);
    }
    for (const time of ['', 'soon', '-1', '1.5', '0x10', ' 1', '9007199254740993', '1e400', 8.64e15 + 1]) {
      expect(read({ startup_time: time })?.startupTime).toBeNull();
    }
    expect(read({ authority: 'yes' })?.authority).toBeNull();
    expect(read({ sysinfo: '{}' })?.sysinfo).toBeNull();
  });

  it('is null for a peer id that is empty or too long', () => {
    expect(read({ network_id: '' })?.peerId).toBeNull();
    expect(read({ network_id: 'x'.repeat(MAX_PEER_ID_LENGTH) })?.peerId).toHaveLength(MAX_PEER_ID_LENGTH);
    expect(read({ network_id: 'x'.repeat(MAX_PEER_ID_LENGTH + 1) })?.peerId).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(...Object.keys(UNKNOWN_IDENTITY), 'sysinfo', 'network_id'),
          fc.jsonValue(),
        ),
        (fields) => {
          const parsed = parseFrame(Buffer.from(JSON.stringify({ ...fields, msg: 'system.connected' })));
          if (parsed.kind === 'message') expect(readIdentity(parsed.message)).not.toBeNull();
        },
      ),
    );
  });
});

describe('the peer id of the oldest nodes', () => {
  it('is read from a network state', () => {
    expect(peerIdIn({ msg: 'system.network_state', state: { peerId: PEER } })).toBe(PEER);
    expect(peerIdIn({ msg: 'system.network_state', network_state: { peerId: PEER } })).toBe(PEER);
  });

  it('is read from an interval, as object or string', () => {
    expect(peerIdIn({ msg: 'system.interval', network_state: { peerId: PEER } })).toBe(PEER);
    expect(peerIdIn({ msg: 'system.interval', network_state: JSON.stringify({ peerId: PEER }) })).toBe(PEER);
  });

  it('is null elsewhere', () => {
    expect(peerIdIn({ msg: 'block.import', state: { peerId: PEER } })).toBeNull();
    expect(peerIdIn({ msg: 'system.interval', peers: 3 })).toBeNull();
    for (const state of [null, 1, [], {}, { peerId: 1 }, '', '{', '[]', 'null', '{"peerId":{}}']) {
      expect(peerIdIn({ msg: 'system.interval', network_state: state })).toBeNull();
      expect(peerIdIn({ msg: 'system.network_state', state })).toBeNull();
    }
  });

  it('is null if PostgreSQL could not store it', () => {
    for (const bad of ['a\\u0000', '\\ud800']) {
      expect(peerIdIn({ msg: 'system.interval', network_state: `{"peerId":"${bad}"}` })).toBeNull();
    }
  });
});

describe('what is kept of a message', () => {
  const filler = 'x'.repeat(490_000);
  const sysinfo = { cpu: 'AMD EPYC 7713', memory: 68_719_476_736, core_count: 16 };
  const texts = {
    name: 'a name of more than a dozen letters',
    version: '1.16.1-835e0767fe8',
    network_id: PEER,
  };
  const hash = `0x${'ab'.repeat(32)}`;
  const greeting = {
    msg: 'system.connected',
    ...texts,
    sysinfo,
    config: 'y'.repeat(600),
    genesis_hash: hash,
  };

  it.each([
    ['the flat envelope', (index: number) => ({ ...greeting, index, filler })],
    ['the nested one', (index: number) => ({ id: 1, payload: { ...greeting, index, filler } })],
    ['any nested one', (index: number) => ({ x: 1, id: 1, payload: { ...greeting, index, filler } })],
  ])('is a copy, and does not hold the message: %s', (_, messageFor) => {
    const keep = (index: number): unknown => {
      const said = readIdentity(messageOf(JSON.stringify(messageFor(index))));
      expect(said).toMatchObject({ sysinfo: JSON.stringify(sysinfo), peerId: PEER, genesisHash: hash });
      return said;
    };
    expect(keptBytes(40, keep)).toBeLessThan(20_000);
  });

  it('is a copy also from a network state', () => {
    const keep = (index: number): unknown =>
      readPeerId(
        messageOf(JSON.stringify({ msg: 'system.network_state', state: { peerId: PEER }, index, filler })),
      );
    expect(keptBytes(40, keep)).toBeLessThan(20_000);
  });
});
