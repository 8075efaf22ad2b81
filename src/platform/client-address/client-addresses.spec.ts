import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../config/index.js';
import { keptBytes } from '../../../test/support/kept-bytes.js';
import { type ClientAddress, ClientAddresses } from './index.js';

const TRUSTED = '10.0.0.0/8, 2001:db8:a::/48, 127.0.0.1';
const addresses = new ClientAddresses(readSettings({ TRUSTED_PROXIES: TRUSTED }));
const trustNobody = new ClientAddresses(readSettings({}));

/** Lines of headers as they come over the line; names as `F` and `X`. */
function clientOf(peer: string | undefined, lines: readonly string[], by = addresses): ClientAddress {
  const headersDistinct: NodeJS.Dict<string[]> = {};
  for (const line of lines) {
    const name = line.startsWith('F: ') ? 'forwarded' : 'x-forwarded-for';
    (headersDistinct[name] ??= []).push(line.slice(3));
  }
  return by.of({ headersDistinct, socket: { remoteAddress: peer } });
}

/** What is written beside an address that is a proxy's, because the proxy does not say who came to it. */
const HIDDEN = 'hidden by';
const answer = ({ address, isHidden }: ClientAddress): string =>
  isHidden ? `${HIDDEN} ${address}` : address;

type Row = [peer: string | undefined, lines: string[], client: string];

describe('the address of a client', () => {
  it.each<Row>([
    ['203.0.113.9', [], '203.0.113.9'],
    ['::ffff:203.0.113.9', [], '203.0.113.9'],
    ['2001:db8:b::9', [], '2001:db8:b::9'],
    ['::1', [], '::1'],
    [undefined, [], ''],
    ['203.0.113.9', ['X: 198.51.100.1'], '203.0.113.9'],
    ['203.0.113.9', ['X: 10.0.0.1'], '203.0.113.9'],
    ['203.0.113.9', ['X: 127.0.0.1'], '203.0.113.9'],
    ['203.0.113.9', ['X: 198.51.100.1, 10.0.0.1'], '203.0.113.9'],
    ['203.0.113.9', ['X: unknown'], '203.0.113.9'],
    ['203.0.113.9', ['F: for=198.51.100.1'], '203.0.113.9'],
    ['203.0.113.9', ['F: for=10.0.0.1;by=10.0.0.1'], '203.0.113.9'],
    ['203.0.113.9', ['F: for=198.51.100.1', 'X: 198.51.100.1'], '203.0.113.9'],
    ['::ffff:203.0.113.9', ['X: 198.51.100.1'], '203.0.113.9'],
    ['2001:db8:b::9', ['F: for="[2001:db8:a::1]"'], '2001:db8:b::9'],
    [undefined, ['X: 198.51.100.1'], ''],
  ])('%s, from whom nothing is believed, with %j, is that of the line', (peer, lines, client) => {
    expect(answer(clientOf(peer, lines))).toBe(client);
    expect(answer(clientOf(peer, lines, trustNobody))).toBe(client);
  });

  it.each<Row>([
    ['10.0.0.1', [], '10.0.0.1'],
    ['10.0.0.1', ['X: 198.51.100.1'], '198.51.100.1'],
    ['::ffff:10.0.0.1', ['X: 198.51.100.1'], '198.51.100.1'],
    ['2001:DB8:A::1', ['X: 198.51.100.1'], '198.51.100.1'],
    ['10.0.0.1', ['X:   198.51.100.1  '], '198.51.100.1'],
    ['10.0.0.1', ['X: 198.51.100.1:4711'], '198.51.100.1'],
    ['10.0.0.1', ['X: ::ffff:198.51.100.1'], '198.51.100.1'],
    ['10.0.0.1', ['X: 2001:DB8:B:0::9'], '2001:db8:b::9'],
    ['10.0.0.1', ['X: [2001:db8:b::9]'], '2001:db8:b::9'],
    ['10.0.0.1', ['X: [2001:db8:b::9]:4711'], '2001:db8:b::9'],
    ['10.0.0.1', ['X: fe80::9%eth0'], 'fe80::9'],
    ['10.0.0.1', ['F: for=198.51.100.1'], '198.51.100.1'],
    ['10.0.0.1', ['F: For="198.51.100.1:4711"'], '198.51.100.1'],
    ['10.0.0.1', ['F: for="198.51.100.1:_port"'], '198.51.100.1'],
    ['10.0.0.1', ['F: for=198.51.100.1:4711'], '198.51.100.1'],
    ['10.0.0.1', ['F: for="[2001:db8:b::9]"'], '2001:db8:b::9'],
    ['10.0.0.1', ['F: for="[2001:DB8:B::9]:4711"'], '2001:db8:b::9'],
    ['10.0.0.1', ['F: for=[2001:db8:b::9]'], '2001:db8:b::9'],
    ['10.0.0.1', ['F: for="2001:db8:b::9"'], '2001:db8:b::9'],
    ['10.0.0.1', ['F: for="[::ffff:198.51.100.1]:1"'], '198.51.100.1'],
    ['10.0.0.1', ['F: for="198.\\51.100.1"'], '198.51.100.1'],
    ['10.0.0.1', ['F: proto=https;FOR=198.51.100.1;by=10.0.0.1;host="a,b;for=1.1.1.1"'], '198.51.100.1'],
    ['10.0.0.1', ['F: proto=https ; for=198.51.100.1 ;'], '198.51.100.1'],
  ])('%s, which is trusted, with %j, is what it says', (peer, lines, client) => {
    expect(answer(clientOf(peer, lines))).toBe(client);
  });

  it.each<Row>([
    ['10.0.0.1', ['X: 198.51.100.1, 10.0.0.2'], '198.51.100.1'],
    ['10.0.0.1', ['X: 198.51.100.1,10.0.0.3 ,  10.0.0.2'], '198.51.100.1'],
    ['10.0.0.1', ['X: 198.51.100.1, 2001:db8:a::2'], '198.51.100.1'],
    ['10.0.0.1', ['X: 198.51.100.1, ::ffff:10.0.0.2'], '198.51.100.1'],
    ['10.0.0.1', ['X: 10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['10.0.0.1', ['X: 198.51.100.1', 'X: 10.0.0.2'], '198.51.100.1'],
    ['10.0.0.1', ['X: 198.51.100.1', 'X: ', 'X: 10.0.0.3, 10.0.0.2'], '198.51.100.1'],
    ['10.0.0.1', ['F: for=198.51.100.1, for=10.0.0.2'], '198.51.100.1'],
    ['10.0.0.1', ['F: for=198.51.100.1;proto=http,for="[2001:db8:a::2]:1";by=_x'], '198.51.100.1'],
    ['10.0.0.1', ['F: for=198.51.100.1', 'F: for=10.0.0.2'], '198.51.100.1'],
  ])('%s with %j is told along a chain of proxies', (peer, lines, client) => {
    expect(answer(clientOf(peer, lines))).toBe(client);
  });

  it.each<Row>([
    // The first hop from the right that is not trusted is who came to our proxies; it made up what is before.
    ['10.0.0.1', ['X: 198.51.100.1, 203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['X: 10.0.0.7, 203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['X: 127.0.0.1, 203.0.113.9, 10.0.0.2'], '203.0.113.9'],
    ['10.0.0.1', ['X: garbage, 203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['X: "198.51.100.1, 203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['X: 198.51.100.1', 'X: 203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['X: , ,, 203.0.113.9, '], '203.0.113.9'],
    ['10.0.0.1', ['F: for=198.51.100.1, for=203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['F: for=198.51.100.1', 'F: for=203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['F: for="198.51.100.1', 'F: for=203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['F: for=_secret, for=203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['F: for="a\\", for=198.51.100.1, b", for=203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['F: ,, for=203.0.113.9,,'], '203.0.113.9'],
  ])('%s with %j is not what its client wrote before', (peer, lines, client) => {
    expect(answer(clientOf(peer, lines))).toBe(client);
  });

  it.each<Row>([
    ['10.0.0.1', ['X: unknown'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['X: 198.51.100.1, unknown, 10.0.0.2'], `${HIDDEN} 10.0.0.2`],
    ['10.0.0.1', ['X: 198.51.100.999'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['X: 0198.51.100.1'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['X: 198.51.100.1:port'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['X: 198.51.100.1 10.0.0.2'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['X: [198.51.100.1]'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['X: [2001:db8:b::9'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['X: example.org'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=unknown'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for="unknown:4711"'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=_hidden'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for="_hidden:_port", for=10.0.0.2'], `${HIDDEN} 10.0.0.2`],
    ['10.0.0.1', ['F: proto=https'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for='], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=203.0.113.9;for=198.51.100.1'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: 203.0.113.9'], `${HIDDEN} 10.0.0.1`],
    // An open quote swallows what our proxy added.
    ['10.0.0.1', ['F: for="198.51.100.1, for=203.0.113.9'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for="198.51.100.1\\", for=203.0.113.9"'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for="198.51.100.1"x, for=203.0.113.9'], `${HIDDEN} 10.0.0.1`],
  ])('%s with %j is not known, but as that of the proxy', (peer, lines, client) => {
    expect(answer(clientOf(peer, lines))).toBe(client);
  });

  it.each<Row>([
    ['10.0.0.1', ['F: for=203.0.113.9', 'X: 203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['F: for="203.0.113.9:80"', 'X: 198.51.100.1, 203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['F: for=198.51.100.1, for="203.0.113.9"', 'X: 203.0.113.9'], '203.0.113.9'],
    ['10.0.0.1', ['F: for=10.0.0.2', 'X: 203.0.113.9, 10.0.0.2'], '203.0.113.9'],
    ['10.0.0.1', ['F: for=203.0.113.9, for=10.0.0.2', 'X: 10.0.0.2'], '203.0.113.9'],
    ['10.0.0.1', ['F: for=198.51.100.1', 'X: 203.0.113.9'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=10.0.0.2', 'X: 203.0.113.9'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=203.0.113.9', 'X: 10.0.0.2'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=unknown', 'X: 203.0.113.9'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=203.0.113.9', 'X: unknown'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=unknown', 'X: unknown'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: "', 'X: 203.0.113.9'], `${HIDDEN} 10.0.0.1`],
    ['10.0.0.1', ['F: for=198.51.100.1, for=10.0.0.2', 'X: 203.0.113.9, 10.0.0.2'], `${HIDDEN} 10.0.0.2`],
    ['10.0.0.1', ['F: ', 'X: 203.0.113.9'], '203.0.113.9'],
  ])('%s with both headers, %j, is what both say', (peer, lines, client) => {
    expect(answer(clientOf(peer, lines))).toBe(client);
  });

  const anyLine = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...Array.from('for=",;:\\[] 10.2_%\tunknow')), maxLength: 60 }),
    fc
      .array(fc.constantFrom('10.0.0.5', '198.51.100.1', 'unknown', '::1', '2001:db8:a::7'))
      .map((all) => all.join(', ')),
    fc
      .array(fc.constantFrom('for=10.0.0.5', 'for="198.51.100.1"', 'for=_x', '"', ''))
      .map((all) => all.join(',')),
  );
  const anyLines = fc.array(
    fc.tuple(fc.constantFrom('F: ', 'X: '), anyLine).map(([name, value]) => name + value),
    { maxLength: 4 },
  );

  it('cannot be forged by a peer that is not trusted, with any headers', () => {
    fc.assert(
      fc.property(anyLines, (lines) => {
        expect(clientOf('203.0.113.9', lines)).toEqual({ address: '203.0.113.9', isHidden: false });
      }),
      { numRuns: 2_000 },
    );
  });

  it('cannot be forged through proxies, with any header in any form', () => {
    const byProxies = fc.constantFrom(
      ...[
        'X+203.0.113.9',
        'X|203.0.113.9',
        'F|for=203.0.113.9',
        'X|203.0.113.9, 10.0.0.2',
        'F+for=203.0.113.9;by=_p',
      ],
    );
    fc.assert(
      fc.property(anyLines, byProxies, (forged, [name = '', way, ...said]) => {
        const lines = [...forged];
        const last = lines.findLastIndex((line) => line.startsWith(name));
        // A proxy appends to the last line of the header, or adds a line of its own.
        if (way === '+' && last >= 0) lines[last] = `${lines[last] ?? ''}, ${said.join('')}`;
        else lines.push(`${name}: ${said.join('')}`);
        const { address, isHidden } = clientOf('10.0.0.1', lines);
        if (isHidden) expect(['10.0.0.1', '10.0.0.2']).toContain(address);
        else expect(address).toBe('203.0.113.9');
      }),
      { numRuns: 5_000 },
    );
  });

  it('is read quickly from headers of maximum size', () => {
    const started = performance.now();
    for (const unit of [
      '1,',
      ' ',
      'for=1;',
      '"',
      '\\',
      'for="\\',
      '10.0.0.1,',
      'for=10.0.0.1,',
      ', ',
      'a',
      '=',
    ]) {
      const line = unit.repeat(16_384 / unit.length);
      clientOf('10.0.0.1', [`F: ${line}`, `X: ${line}`, `F: ${line}@`]);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

it('may be that of an unlisted proxy if it is private', () => {
  const mayBe = (remoteAddress: string | undefined, by = trustNobody): boolean =>
    by.mayBeUnlistedProxy({ socket: { remoteAddress } });
  for (const near of ['127.0.0.1', '::1', '::ffff:10.1.2.3', '192.168.0.9', '172.31.0.1', 'fd00::1']) {
    expect([near, mayBe(near)]).toEqual([near, true]);
  }
  for (const far of ['203.0.113.9', '172.32.0.1', '2001:db8::1', undefined]) {
    expect([far, mayBe(far)]).toEqual([far, false]);
  }
  expect([mayBe('10.1.2.3', addresses), mayBe('192.168.0.9', addresses)]).toEqual([false, true]);
});

it('does not keep its header in memory', () => {
  const kept = keptBytes(100, (index) => {
    const header = Buffer.alloc(60_000, `203.0.113.9, ${index}.invalid, `).toString();
    return clientOf('10.0.0.1', [`X: ${header}, 198.51.100.100, 10.0.0.200`]).address;
  });
  expect(kept).toBeLessThan(10_000);
});
