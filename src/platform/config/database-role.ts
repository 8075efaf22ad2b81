import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { documented } from './setting-docs.js';

/** What no quoting is needed for but of `-`, and no role of PostgreSQL's own is called: 63 bytes, since all are ASCII. */
const NAME = /^(?!pg_|(?:public|none)$)[a-z_][a-z0-9_-]{0,62}$/;
/** Of these SASLprep, by which others compare passwords, changes none. */
const PASSWORD = /^[\x20-\x7e]{8,256}$/;

/** The name of a role of PostgreSQL. */
export function RoleName(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.trim() : value,
  );
  const validate = (value: unknown): boolean => typeof value === 'string' && NAME.test(value);
  return (target, property) => {
    read(target, property);
    ValidateBy({ name: 'roleName', validator: { validate } })(target, property);
    documented(
      'a name of up to 63 lower-case letters, digits, _ or -, starting with a letter or _, but not with pg_',
      { about },
    )(target, property);
  };
}

/** A password that a role of PostgreSQL can have. */
export function RolePassword(about: string): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && PASSWORD.test(value);
  return (target, property) => {
    ValidateBy({ name: 'rolePassword', validator: { validate } })(target, property);
    documented('8 to 256 printable ASCII characters', { secret: true, about })(
      target,
      property,
    );
  };
}

/** The user that a URL of PostgreSQL names; undefined where it leaves that to others. */
export function userOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { username, searchParams } = new URL(url);
  try {
    return searchParams.get('user') ?? (username === '' ? undefined : decodeURIComponent(username));
  } catch {
    return undefined;
  }
}
