import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { documented } from './setting-docs.js';

/** Stands for every host. */
export const ANY_HOST = '*';

const NAME = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** A list of host names without ports, such as `analytics.example.org`, or `*`. */
export function HostNames(about: string): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').map((entry) => entry.trim().toLowerCase()) : value,
  );
  const isName = (entry: unknown): boolean => typeof entry === 'string' && NAME.test(entry);
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
