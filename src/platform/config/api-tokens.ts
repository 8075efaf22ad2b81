import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { createHash } from 'node:crypto';
import { documented } from './setting-types.js';

/** Permissions of a token; `write` includes `read`. */
export const ACCESS_SCOPES = ['read', 'write'] as const;
export type AccessScope = (typeof ACCESS_SCOPES)[number];

/** Only the hash of a token is kept, so that it cannot be logged by accident. */
export interface ApiToken {
  scope: AccessScope;
  sha256: Buffer;
}

/** A bearer token with the characters of RFC 6750. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const MIN_LENGTH = 16;
const MAX_LENGTH = 512;
const TAKES =
  `tokens as scope:token, separated by commas, where scope is ${ACCESS_SCOPES.join(' or ')} and token has ` +
  `${MIN_LENGTH.toString()} to ${MAX_LENGTH.toString()} letters, digits or -._~+/, optionally followed by =`;

/** An invalid entry of the list. The message does not contain its content. */
class ApiTokenProblem extends Error {
  override readonly name = 'ApiTokenProblem';
}

/** A list of `scope:token`. An invalid list is not transformed, and validation fails. */
export function ApiTokens(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    try {
      return readApiTokens(value);
    } catch {
      return value;
    }
  });
  const validate = (value: unknown): boolean => Array.isArray(value);
  return (target, property) => {
    read(target, property);
    ValidateBy({ name: 'apiTokens', validator: { validate } })(target, property);
    documented(TAKES, { secret: true, about, got: problemOf })(target, property);
  };
}

/** @throws ApiTokenProblem with the position of the first invalid entry */
function readApiTokens(text: string): ApiToken[] {
  return text.split(',').map((entry, index) => {
    const wrong = (why: string): ApiTokenProblem =>
      new ApiTokenProblem(`a list whose entry ${(index + 1).toString()} ${why}`);
    const [, name = '', token = ''] = /^\s*([^:]*):(.*?)\s*$/s.exec(entry) ?? [];
    if (entry.trim() === '') throw wrong('is empty');
    const scope = ACCESS_SCOPES.find((known) => known === name.toLowerCase());
    if (scope === undefined) throw wrong('does not start with a scope and a colon');
    if (token.length < MIN_LENGTH) throw wrong('has too short a token');
    if (token.length > MAX_LENGTH) throw wrong('has too long a token');
    if (!TOKEN.test(token)) throw wrong('has a token with invalid characters');
    return { scope, sha256: hashOf(token) };
  });
}

export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function problemOf(value: unknown): string {
  try {
    readApiTokens(String(value));
  } catch (error) {
    if (error instanceof ApiTokenProblem) return error.message;
  }
  return 'an invalid list';
}
