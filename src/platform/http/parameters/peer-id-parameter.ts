import type { InputOptions } from './documented.js';
import { TextParameter } from './text-parameter.js';

/** The peer id of a node. */
export function PeerIdParameter(options: Omit<InputOptions, 'example' | 'default'>): PropertyDecorator {
  return TextParameter({
    takes: 'the peer id of a node',
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
    ...options,
  });
}
