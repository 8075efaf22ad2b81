import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem, TextOf, WholeNumberOf } from '../platform/http/index.js';

/** One of several chains that have the same name. */
export class ChainChoice {
  @TextOf(
    'Genesis hash, which identifies the chain. Null if its nodes send none: then `name:` and the name identify it.',
    {
      nullable: true,
      example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
    },
  )
  genesis_hash!: string | null;

  @TextOf('The name in the request.', { example: 'Development' })
  name!: string;

  @WholeNumberOf('Connected nodes of the chain with this name.', { example: 4 })
  node_count!: number;
}

/** The problem where several chains have the name that was given. */
export class ChainProblem extends Problem {
  @ApiProperty({
    type: [ChainChoice],
    required: false,
    description: 'The chains, sorted by number of nodes, descending.',
  })
  chains?: ChainChoice[];
}

/** Documents the answer to a name that several chains have. */
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
