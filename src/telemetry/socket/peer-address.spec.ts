import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { peerAddress } from './peer-address.js';

it.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::1', '::1'],
  ['::ffff:0:1', '::ffff:0:1'],
  [undefined, ''],
])('reads the address %s as %s', (remoteAddress, address) => {
  expect(peerAddress({ socket: { remoteAddress } } as IncomingMessage)).toBe(address);
});
