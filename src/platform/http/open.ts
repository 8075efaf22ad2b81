import { applyDecorators, SetMetadata } from '@nestjs/common';
import { DECORATORS } from '@nestjs/swagger';

/** The metadata of a route that {@link Open} marks. */
export const OPEN = 'tetcore:open';

/** Of a route that needs no token, whatever is set: it tells nothing of what is stored. */
export function Open(): MethodDecorator {
  return applyDecorators(SetMetadata(OPEN, true), describeAsOpen);
}

/** Beside whatever ApiOperation says, be that before or after. */
const describeAsOpen: MethodDecorator = (_target, _property, { value }) => {
  const route = value as object;
  const operation = Reflect.getMetadata(DECORATORS.API_OPERATION, route) as object | undefined;
  Reflect.defineMetadata(DECORATORS.API_OPERATION, { ...operation, security: [] }, route);
};
