import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const DAY_MS = 86_400_000;

/** A certificate and its key as PEM. */
export interface Certificate {
  name: string;
  cert: string;
  key: string;
}

/** A new CA. */
export function certificateAuthority(name = 'Test CA'): Certificate {
  return issue(name, undefined, 30, [extension('551d13', sequence(BOOLEAN_TRUE))]);
}

/**
 * A certificate of a CA, for a server or a client.
 *
 * @param name of a host or a user
 * @param days until it expires: negative if it has expired
 */
export function certificateFor(name: string, ca: Certificate, days = 30): Certificate {
  const alternativeName = sequence(element(0x82, Buffer.from(name)));
  return issue(name, ca, days, [extension('551d11', alternativeName)]);
}

/** ecdsa-with-SHA256 */
const ALGORITHM = sequence(objectId('2a8648ce3d040302'));
const BOOLEAN_TRUE = element(0x01, Buffer.from([0xff]));

/** An X.509 certificate: RFC 5280, section 4.1. Without an issuer it signs itself. */
function issue(
  name: string,
  issuer: Certificate | undefined,
  days: number,
  extensions: Buffer[],
): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const content = sequence(
    // Version 3
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ALGORITHM,
    commonName(issuer?.name ?? name),
    sequence(time(Date.now() - 365 * DAY_MS), time(Date.now() + days * DAY_MS)),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', content, issuer?.key ?? key);
  const certificate = sequence(
    content,
    ALGORITHM,
    element(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  return { name, cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key };
}

/** An element of DER with its tag and length. */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...elements: Buffer[]): Buffer {
  return element(0x30, Buffer.concat(elements));
}

function objectId(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

function commonName(name: string): Buffer {
  return sequence(element(0x31, sequence(objectId('550403'), element(0x0c, Buffer.from(name)))));
}

/** GeneralizedTime, as OpenSSL reads it for any year. */
function time(at: number): Buffer {
  const text = new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return element(0x18, Buffer.from(text));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), BOOLEAN_TRUE, element(0x04, value));
}
