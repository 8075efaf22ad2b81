import { NotAcceptableException } from '@nestjs/common';
import type { Request } from 'express';

/**
 * What the client likes best of what is offered, by `Accept`; the first where it does not say.
 *
 * @param offered media types
 * @throws NotAcceptableException
 */
export function chooseFormat<T extends string>(request: Request, offered: readonly T[]): T {
  const chosen = request.accepts(...offered);
  if (chosen === false) throw new NotAcceptableException(`Available formats: ${offered.join(', ')}.`);
  return chosen as T;
}
