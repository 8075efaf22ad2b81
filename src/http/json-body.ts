import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { IncomingMessage } from 'node:http';

/** A chain specification has the code of its chain in it. */
export const MAX_BODY_BYTES = 8 * 1024 ** 2;
/** More than anybody needs, and less than what overflows a stack. */
const MAX_NESTING = 100;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

type WithText = IncomingMessage & { jsonText?: string };

/**
 * Keeps the text of a JSON body before it is parsed, since parsing loses digits of large numbers.
 *
 * @throws BadRequestException where it is nested too deeply to be taken apart
 */
export function keepJsonText(request: WithText, _response: unknown, body: Buffer, encoding: string): void {
  if (nesting(body) > MAX_NESTING) {
    throw new BadRequestException(`The body is nested more than ${MAX_NESTING.toString()} deep.`);
  }
  request.jsonText = new TextDecoder(encoding).decode(body);
}

/** The text of the JSON body of a request: for PostgreSQL, which keeps every digit. */
export const JsonBodyText = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  return context.switchToHttp().getRequest<Request & WithText>().jsonText ?? '{}';
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
