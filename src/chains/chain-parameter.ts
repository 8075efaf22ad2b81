import { TextParameter } from '../platform/http/index.js';

/** `name:` and a name of 1024 characters. */
const MAX_LENGTH = 1_024 + 5;

/** A chain: its genesis hash, `name:NAME`, or its name. {@link ChainNames.resolve} finds its key. */
export function ChainParameter({
  description,
  required = false,
}: {
  description: string;
  required?: boolean;
}): PropertyDecorator {
  return TextParameter({
    takes: 'the genesis hash of a chain, name: and its name, or its name',
    description: `${description} Identified by genesis hash, by \`name:\` and name if its nodes send no genesis hash, or by name if the name is unique.`,
    required,
    maxLength: MAX_LENGTH,
    example: 'Polkadot',
  });
}
