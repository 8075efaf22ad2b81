import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { documented } from './setting-docs.js';

/** Stands for every origin. */
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

function isOrigin(text: unknown): boolean {
  if (typeof text !== 'string' || !/^https?:\/\/[^*]+$/.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}
