import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** The default of PostgreSQL. */
const ITERATIONS = 4096;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const FORMAT = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/;

/**
 * The form in which PostgreSQL stores and accepts a password: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`
 * (RFC 5803), with keys as in RFC 5802. So the password itself is in no statement, and in no log of statements.
 *
 * @param password printable ASCII; RFC 4013 would change others
 */
export function scramVerifier(
  password: string,
  salt = randomBytes(SALT_BYTES),
  iterations = ITERATIONS,
): string {
  const salted = pbkdf2Sync(password, salt, iterations, KEY_BYTES, 'sha256');
  const keyOf = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const serverKey = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations.toString()}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** Whether a verifier matches a password. Other formats, such as MD5, never match. */
export function isVerifierOf(verifier: string, password: string): boolean {
  const [, iterations, salt] = FORMAT.exec(verifier) ?? [];
  if (iterations === undefined || salt === undefined) return false;
  const own = Buffer.from(scramVerifier(password, Buffer.from(salt, 'base64'), Number(iterations)));
  const other = Buffer.from(verifier);
  return own.length === other.length && timingSafeEqual(own, other);
}
