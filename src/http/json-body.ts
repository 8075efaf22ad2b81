import {
  BadRequestException,
  createParamDecorator,
  type ExecutionContext,
  type RawBodyRequest,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Request, Response } from 'express';

/** A chain specification has the code of its chain in it. */
export const MAX_BODY_BYTES = 8 * 1024 ** 2;
/** More than anybody needs, and less than what overflows a stack. */
const MAX_NESTING = 100;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Of requests whose body is read. */
const WITH_BODY = new Set(['POST', 'PATCH', 'PUT']);

/**
 * Refuses a body that is no JSON by its type, which would be passed over, and JSON that is nested too deeply to be
 * taken apart. Comes after the parser of bodies, which keeps their text.
 */
export function checkJsonBody(
  request: RawBodyRequest<Request>,
  _response: Response,
  next: (error?: unknown) => void,
): void {
  next(objection(request));
}

function objection({ rawBody, method, headers }: RawBodyRequest<Request>): Error | undefined {
  if (rawBody !== undefined) {
    return nesting(rawBody) > MAX_NESTING
      ? new BadRequestException(`The body is nested more than ${MAX_NESTING.toString()} deep.`)
      : undefined;
  }
  const sent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return sent && WITH_BODY.has(method)
    ? new UnsupportedMediaTypeException('The body is to be JSON, sent with Content-Type: application/json.')
    : undefined;
}

/** The text of the JSON body of a request: for PostgreSQL, which keeps digits that parsing loses. */
export const JsonBodyText = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  return context.switchToHttp().getRequest<RawBodyRequest<Request>>().rawBody?.toString('utf8') ?? '{}';
});

/** How deep arrays and objects lie in each other. In UTF-8 no byte of another character looks like a bracket. */
function nesting(json: Uint8Array): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPENING.has(byte)) deepest = Math.max(deepest, (depth += 1));
    else if (CLOSING.has(byte)) depth -= 1;
  }
  return deepest;
}
