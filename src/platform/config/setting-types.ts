import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsString, Max, Min, ValidateBy } from 'class-validator';
import 'reflect-metadata';
import { isSubnet } from '../address/index.js';
import { invalidPortOf, POSTGRES_URL, readPostgresUrl } from '../postgres-url/index.js';

/** Documentation of a setting, also used in error messages. */
export interface SettingDoc {
  /** Valid values, as the end of "must be …". */
  expected: string;
  about: string;
  /** The default as text, if it depends on the machine. */
  defaultText?: string;
  /** The value is not shown in messages. */
  secret?: boolean;
  /** Describes an invalid value, as the end of "NAME is …". */
  got?: (value: unknown) => string;
  /** A sentence about an invalid value, without the name at its beginning, where "NAME is …, but must be …" does not fit. */
  problem?: (value: unknown) => string | undefined;
}

const KEY = Symbol('setting-doc');
const names = new Map<object, string[]>();

function extend(target: object, property: string | symbol, part: Partial<SettingDoc>): void {
  const name = String(property);
  const known = names.get(target) ?? [];
  if (!known.includes(name)) names.set(target, [...known, name]);
  const before = (Reflect.getMetadata(KEY, target, property) ?? {}) as Partial<SettingDoc>;
  Reflect.defineMetadata(KEY, { ...before, ...part }, target, property);
}

/** Documents the valid values of a setting. */
export function documented(
  expected: string,
  more: Omit<Partial<SettingDoc>, 'expected'> = {},
): PropertyDecorator {
  return (target, property) => extend(target, property, { expected, ...more });
}

/** Documents the purpose of a setting, and its default if that is not a constant. */
documented.about = (about: string, defaultText?: string): PropertyDecorator => {
  return (target, property) =>
    extend(target, property, { about, ...(defaultText === undefined ? {} : { defaultText }) });
};

/** The documented settings of a class, in order of declaration. */
export function settingDocs(type: { prototype: object }): Map<string, SettingDoc> {
  const all = (names.get(type.prototype) ?? []).map(
    (name) => [name, Reflect.getMetadata(KEY, type.prototype, name) as SettingDoc] as const,
  );
  return new Map(all);
}

const toInteger = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\s*[+-]?\d+(_\d+)*\s*$/.test(value)
      ? Number(value.replaceAll('_', ''))
      : value,
  );

const toBoolean = () =>
  Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    const text = value.trim().toLowerCase();
    if (['true', '1', 'yes', 'on'].includes(text)) return true;
    if (['false', '0', 'no', 'off'].includes(text)) return false;
    return value;
  });

/** An integer between two bounds, inclusive; `1_024` is read as 1024. */
export function Integer(min: number, max: number): PropertyDecorator {
  return (target, property) => {
    for (const decorate of [toInteger(), IsInt(), Min(min), Max(max)]) decorate(target, property);
    documented(`an integer from ${min.toString()} to ${max.toString()}`)(target, property);
  };
}

export function Choice(values: readonly string[]): PropertyDecorator {
  return (target, property) => {
    const lowerCase = Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value.trim().toLowerCase() : value,
    );
    for (const decorate of [lowerCase, IsIn(values)]) decorate(target, property);
    documented(`one of ${values.join(', ')}`)(target, property);
  };
}

export function Switch(): PropertyDecorator {
  return (target, property) => {
    for (const decorate of [toBoolean(), IsIn([true, false])]) decorate(target, property);
    documented('true or false')(target, property);
  };
}

/** A PostgreSQL URL: see {@link readPostgresUrl}. */
export function PostgresUrl(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) => {
    const result = typeof value === 'string' ? readPostgresUrl(value.trim()) : undefined;
    return result !== undefined && 'url' in result ? result.url : value;
  });
  const validate = (value: unknown): boolean => typeof value === 'string' && 'url' in readPostgresUrl(value);
  return (target, property) => {
    read(target, property);
    ValidateBy({ name: 'postgresUrl', validator: { validate } })(target, property);
    documented(POSTGRES_URL, {
      secret: true,
      about,
      problem: (value) => {
        const port = invalidPortOf(String(value));
        return port && `has the port ${port}, but a port must be an integer from 1 to 65535.`;
      },
      got: (value) => {
        const result = readPostgresUrl(String(value).trim());
        return 'fault' in result ? result.fault : 'a value that is not shown';
      },
    })(target, property);
  };
}

export function Text(expected: string): PropertyDecorator {
  return (target, property) => {
    IsString()(target, property);
    documented(expected)(target, property);
  };
}

/** A list of addresses and subnets, IPv4 and IPv6. */
export function Addresses(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? entriesOf(value) : value,
  );
  const validate = (value: unknown): boolean => Array.isArray(value) && value.every(isSubnet);
  return (target, property) => {
    read(target, property);
    ValidateBy({ name: 'addresses', validator: { validate } })(target, property);
    documented('addresses or subnets such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32, separated by commas', {
      about,
      got: (value) => {
        const wrong = entriesOf(String(value)).filter((entry) => !isSubnet(entry));
        return `a list with ${wrong.map((entry) => JSON.stringify(entry)).join(' and ')} in it`;
      },
    })(target, property);
  };
}

function entriesOf(text: string): string[] {
  return text.split(',').map((entry) => entry.trim());
}

/** Matches every host. */
export const ANY_HOST = '*';

const HOST_NAME = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** A list of host names without ports, such as `analytics.example.org`, or `*`. */
export function HostNames(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').map((entry) => entry.trim().toLowerCase()) : value,
  );
  const isName = (entry: unknown): boolean => typeof entry === 'string' && HOST_NAME.test(entry);
  const validate = (value: unknown): boolean =>
    Array.isArray(value) && (value.every(isName) || (value.length === 1 && value[0] === ANY_HOST));
  return (target, property) => {
    read(target, property);
    ValidateBy({ name: 'hostNames', validator: { validate } })(target, property);
    documented('host names without a port such as analytics.example.org, separated by commas, or *', {
      about,
    })(target, property);
  };
}

/** Matches every origin. */
export const ANY_ORIGIN = '*';

/** A list of origins as browsers send them, such as `https://example.org:8443`, or `*`. */
export function Origins(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').map((entry) => entry.trim().toLowerCase()) : value,
  );
  const validate = (value: unknown): boolean =>
    Array.isArray(value) && (value.every(isOrigin) || (value.length === 1 && value[0] === ANY_ORIGIN));
  return (target, property) => {
    read(target, property);
    ValidateBy({ name: 'origins', validator: { validate } })(target, property);
    documented('origins without a path such as https://example.org, separated by commas, or *', {
      about,
    })(target, property);
  };
}

/** A URL that requests are sent to. It may have a secret in its path or query, and is not shown. */
export function HttpUrl(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.trim() : value,
  );
  return (target, property) => {
    read(target, property);
    ValidateBy({ name: 'httpUrl', validator: { validate: isHttpUrl } })(target, property);
    documented('a URL such as https://example.org/hooks/1, without user and password', {
      secret: true,
      about,
    })(target, property);
  };
}

function isHttpUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}

const SIGNING_SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

/** A secret in the form of the specification Standard Webhooks: 24 to 64 bytes. */
export function SigningSecret(about: string): PropertyDecorator {
  const validate = (value: unknown): boolean => {
    if (typeof value !== 'string' || !SIGNING_SECRET.test(value)) return false;
    const { length } = Buffer.from(value.slice('whsec_'.length), 'base64');
    return length >= 24 && length <= 64;
  };
  return (target, property) => {
    ValidateBy({ name: 'signingSecret', validator: { validate } })(target, property);
    documented('whsec_ and 24 to 64 bytes in base64', { secret: true, about })(target, property);
  };
}

function isOrigin(text: unknown): boolean {
  if (typeof text !== 'string' || !/^https?:\/\/[^*]+$/.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}

/** Role names that need no quoting except for `-`, are not reserved by PostgreSQL, and have at most 63 bytes. */
const ROLE_NAME = /^(?!pg_|(?:public|none)$)[a-z_][a-z0-9_-]{0,62}$/;
/** Characters that SASLprep does not change. */
const ROLE_PASSWORD = /^[\x20-\x7e]{8,256}$/;

/** The name of a role of PostgreSQL. */
export function RoleName(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.trim() : value,
  );
  const validate = (value: unknown): boolean => typeof value === 'string' && ROLE_NAME.test(value);
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
  const validate = (value: unknown): boolean => typeof value === 'string' && ROLE_PASSWORD.test(value);
  return (target, property) => {
    ValidateBy({ name: 'rolePassword', validator: { validate } })(target, property);
    documented('8 to 256 printable ASCII characters', { secret: true, about })(target, property);
  };
}
