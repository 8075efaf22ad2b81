import 'reflect-metadata';

/** What the documentation and error messages say of a setting. */
export interface SettingDoc {
  /** The values that it takes, as the end of "takes …". */
  takes: string;
  about: string;
  /** How the documentation writes a default that depends on the machine. */
  defaultText?: string;
  /** A secret's value appears in no message. */
  secret?: boolean;
  /** What a message says of a value that is not taken: continues "NAME is …". */
  got?: (value: unknown) => string;
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

/** Says which values a setting takes. */
export function documented(takes: string, more: Omit<Partial<SettingDoc>, 'takes'> = {}): PropertyDecorator {
  return (target, property) => extend(target, property, { takes, ...more });
}

/** Says what a setting is for, and its default where that is not a plain value. */
documented.about = (about: string, defaultText?: string): PropertyDecorator => {
  return (target, property) =>
    extend(target, property, { about, ...(defaultText === undefined ? {} : { defaultText }) });
};

/** The documented settings of a class, in the order of their declaration. */
export function settingDocs(type: { prototype: object }): Map<string, SettingDoc> {
  const all = (names.get(type.prototype) ?? []).map(
    (name) => [name, Reflect.getMetadata(KEY, type.prototype, name) as SettingDoc] as const,
  );
  return new Map(all);
}
