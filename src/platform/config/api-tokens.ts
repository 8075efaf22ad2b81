import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { createHash } from 'node:crypto';
import { documented } from './setting-types.js';

/** What a token permits; `write` includes `read`. */
export const ACCESS_SCOPES = ['read', 'write'] as const;
export type AccessScope = (typeof ACCESS_SCOPES)[number];

/** Of a token only its hash is kept, so that it cannot be shown by accident. */
export interface ApiToken {
  scope: AccessScope;
  sha256: Buffer;
}

/** A token as it stands after `Bearer`: the letters of RFC 6750, without the shortest. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const MIN_LENGTH = 16;
const MAX_LENGTH = 512;
const TAKES =
  `tokens as scope:token, separated by commas, where scope is ${ACCESS_SCOPES.join(' or ')} and token has ` +
  `${MIN_LENGTH.toString()} to ${MAX_LENGTH.toString()} letters, digits or -._~+/, optionally followed by =`;

/** What is wrong with an entry of the list, without what it says. */
export class ApiTokenProblem extends Error {
  override readonly name = 'ApiTokenProblem';
}

/** A list of `scope:token`. What is no such list stays as it is, and its secrets with it. */
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

/** @throws ApiTokenProblem naming the position of the first entry that is wrong */
export function readApiTokens(text: string): ApiToken[] {
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
