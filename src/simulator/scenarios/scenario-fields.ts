/** An invalid scenario. The message has the field, its value and the valid values. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';

  constructor(
    /** The path of the field, such as `chains[0].slotSeconds`. */
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field} ${problem}.`);
  }
}

/** Validates a value of a scenario. Throws a ScenarioError with its field. */
type Reader<T> = (value: unknown, field: string) => T;

/** A field of an object with its default; it is required if the default is `undefined`. */
export interface Field<T> {
  readonly read: Reader<T>;
  readonly fallback: unknown;
}

export function optional<T>(read: Reader<T>, fallback: unknown): Field<T> {
  return { read, fallback };
}

export function required<T>(read: Reader<T>): Field<T> {
  return { read, fallback: undefined };
}

export function number(min: number, max: number): Reader<number> {
  return (value, field) => {
    if (typeof value === 'number' && value >= min && value <= max) return value;
    throw wrong(field, value, `a number from ${min} to ${max}`);
  };
}

export function integer(min: number, max: number): Reader<number> {
  return (value, field) => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max)
      return value as number;
    throw wrong(field, value, `an integer from ${min} to ${max}`);
  };
}

/** A pair of minimum and maximum. */
export function range(of: Reader<number>): Reader<readonly [number, number]> {
  return (value, field) => {
    if (!Array.isArray(value) || value.length !== 2)
      throw wrong(field, value, 'a list of two numbers: minimum and maximum');
    const [min, max] = [of(value[0], `${field}[0]`), of(value[1], `${field}[1]`)];
    if (min > max) throw wrong(field, value, 'a minimum followed by a maximum');
    return [min, max];
  };
}

export function text(maxLength: number): Reader<string> {
  return (value, field) => {
    if (typeof value === 'string' && value.length <= maxLength) return value;
    throw wrong(field, value, `a text of up to ${maxLength} characters`);
  };
}

export function oneOf<T extends string>(...names: readonly T[]): Reader<T> {
  return (value, field) => {
    if (names.includes(value as T)) return value as T;
    throw wrong(field, value, `one of ${names.join(', ')}`);
  };
}

export function list<T>(of: Reader<T>, min: number, max: number): Reader<readonly T[]> {
  return (value, field) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      throw wrong(field, value, `a list of ${min} to ${max} elements`);
    }
    return value.map((element, index) => of(element, `${field}[${index}]`));
  };
}

/** Weights by name, such as `{ "tetcore": 2, "substrate-2": 1 }`. */
export function weights<T extends string>(names: readonly T[]): Reader<Readonly<Partial<Record<T, number>>>> {
  const weight = number(0, 1_000_000);
  return (value, field) => {
    const takes = `an object with weights for some of ${names.join(', ')}`;
    if (!isRecord(value)) throw wrong(field, value, takes);
    for (const [name, given] of Object.entries(value)) {
      if (!names.includes(name as T))
        throw new ScenarioError(`${field}.${name}`, `is unknown; ${field} must be ${takes}`);
      weight(given, `${field}.${name}`);
    }
    if (!Object.values(value).some((given) => given !== 0))
      throw wrong(field, value, `${takes}, at least one above 0`);
    return value as Partial<Record<T, number>>;
  };
}

export function object<F extends Record<string, Field<unknown>>>(
  fields: F,
): Reader<{ readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }> {
  const names = Object.keys(fields);
  return (value, field) => {
    if (!isRecord(value)) throw wrong(field, value, `an object with ${names.join(', ')}`);
    for (const name of Object.keys(value)) {
      if (!names.includes(name))
        throw new ScenarioError(inside(field, name), `is unknown; known fields are ${names.join(', ')}`);
    }
    const read = Object.entries(fields).map(([name, { read, fallback }]) => [
      name,
      read(Object.hasOwn(value, name) ? value[name] : fallback, inside(field, name)),
    ]);
    return Object.fromEntries(read) as { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
  };
}

function inside(field: string, name: string): string {
  return field === '' ? name : `${field}.${name}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: string, value: unknown, takes: string): ScenarioError {
  if (value === undefined) return new ScenarioError(field, `is missing; it must be ${takes}`);
  const shown = JSON.stringify(value);
  const short = shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
  return new ScenarioError(field === '' ? 'The scenario' : field, `is ${short}, but must be ${takes}`);
}
