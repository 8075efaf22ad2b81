import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { isSubnet } from '../address/index.js';
import { documented } from './setting-docs.js';

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
