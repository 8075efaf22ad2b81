import { applyDecorators, ConflictException } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiInteger, ApiString, Problem, StringParameter } from '../platform/http/index.js';

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
  return StringParameter({
    content: 'the genesis hash of a chain, name: and its name, or its name',
    description: `${description} Identified by genesis hash, by \`name:\` and name if its nodes send no genesis hash, or by name if the name is unique.`,
    required,
    maxLength: MAX_LENGTH,
    example: 'Polkadot',
  });
}

/** The chain in a path. */
export class ChainPath {
  @ChainParameter({ description: 'The chain.', required: true })
  chain!: string;
}

/** One of several chains with the same name. */
export class ChainChoice {
  @ApiString(
    'Genesis hash, which identifies the chain. Null if its nodes send none: then `name:` and the name identify it.',
    {
      nullable: true,
      example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
    },
  )
  genesis_hash!: string | null;

  @ApiString('The name in the request.', { example: 'Development' })
  name!: string;

  @ApiInteger('Connected nodes of the chain with this name.', { example: 4 })
  node_count!: number;
}

/** The problem if several chains have the name in the request. */
export class ChainProblem extends Problem {
  @ApiProperty({
    type: [ChainChoice],
    required: false,
    description: 'The chains, sorted by number of nodes, descending.',
  })
  chains?: ChainChoice[];
}

/** Documents the error for a name that several chains have. */
export function ApiChainProblem(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(ChainProblem),
    ApiResponse({
      status: 409,
      description: 'Several chains have this name. `chains` lists them.',
      content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ChainProblem) } } },
    }),
  );
}

/** Several chains have the name in the request: 409 with the choices. */
export class AmbiguousChainError extends ConflictException {
  override readonly name = 'AmbiguousChainError';

  constructor(
    chain: string,
    readonly chains: readonly ChainChoice[],
  ) {
    const detail = `Several chains have the name ${chain}. Use the genesis hash, or name: and the name.`;
    super({ detail, members: { chains } }, detail);
  }
}
