import { createHash } from 'node:crypto';
import type { Random } from './random.js';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** The ways in which peer ids are formed: from the key itself (`12D3Koo…`), before that from its hash (`Qm…`). */
export type PeerIdForm = 'key' | 'hash';

/** A 32-byte hash as nodes write it: `0x` and 64 hexadecimal digits. */
export function hashOf(...parts: readonly (string | number)[]): string {
  return `0x${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}

/** A libp2p peer id: a multihash in base58, as in the libp2p specification `peer-ids`. */
export function peerId(random: Random, form: PeerIdForm): string {
  const prefix = form === 'key' ? [0x00, 0x24, 0x08, 0x01, 0x12, 0x20] : [0x12, 0x20];
  return base58(Buffer.concat([Buffer.from(prefix), bytes32(random)]));
}

/** A public key as a generic SS58 address (`5…`), as authorities are written. */
export function ss58Address(random: Random): string {
  const body = Buffer.concat([Buffer.from([42]), bytes32(random)]);
  const checksum = createHash('blake2b512').update('SS58PRE').update(body).digest().subarray(0, 2);
  return base58(Buffer.concat([body, checksum]));
}

export function base58(bytes: Buffer): string {
  let digits = '';
  for (let rest = BigInt(`0x${bytes.toString('hex') || '0'}`); rest > 0n; rest /= 58n) {
    digits = BASE58.charAt(Number(rest % 58n)) + digits;
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return BASE58.charAt(0).repeat(zeros === -1 ? bytes.length : zeros) + digits;
}

function bytes32(random: Random): Buffer {
  const bytes = Buffer.alloc(32);
  for (let offset = 0; offset < 32; offset += 4) bytes.writeUInt32LE(random.bits32(), offset);
  return bytes;
}
