import {
  BadRequestException,
  createParamDecorator,
  type ExecutionContext,
  type HttpException,
  type RawBodyRequest,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { findUnstorable, membersOf, type UnstorableReason } from '../json/index.js';

/** A chain specification has the code of its chain in it. */
export const MAX_BODY_BYTES = 8 * 1024 ** 2;

/** Of requests whose body is read. */
const WITH_BODY = new Set(['POST', 'PATCH', 'PUT']);
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;
const UTF_8 = /^(utf-?8|us-ascii)$/i;

const WHY: Record<UnstorableReason, string> = {
  nul_character: 'contains a NUL character',
  lone_surrogate: 'contains an unpaired surrogate',
  too_deep: 'is nested too deeply',
  number_out_of_range: 'contains a number that is too large to store',
};

/**
 * Refuses a body that is no JSON by its type, which would be passed over, and JSON that the database could not
 * store or give back. Comes after the parser of bodies, which keeps their text.
 */
export function checkJsonBody(
  request: RawBodyRequest<Request>,
  _response: Response,
  next: (error?: unknown) => void,
): void {
  next(objection(request));
}

function objection({ rawBody, method, headers }: RawBodyRequest<Request>): HttpException | undefined {
  if (rawBody === undefined) {
    const sent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    return sent && WITH_BODY.has(method)
      ? new UnsupportedMediaTypeException('The body must be JSON with Content-Type: application/json.')
      : undefined;
  }
  if (!UTF_8.test(CHARSET.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8')) {
    return new UnsupportedMediaTypeException('The body must be JSON in UTF-8.');
  }
  const text = textOf(rawBody);
  const reason = findUnstorable(text);
  return reason === null ? undefined : unstorable(text, reason);
}

/** Names the fields that it is about, where they can be told: two large numbers may be too much together only. */
function unstorable(text: string, reason: UnstorableReason): BadRequestException {
  const fields = [...membersOf(text)].flatMap(([name, { value }]) => {
    const why = findUnstorable(value);
    return why === null ? [] : [{ parameter: name, detail: WHY[why] }];
  });
  if (fields.length === 0) return new BadRequestException(`The body ${WHY[reason]}.`);
  const detail = fields.map(({ parameter, detail: why }) => `${parameter} ${why}.`).join(' ');
  return new BadRequestException({ detail, errors: fields });
}

/** The text of the JSON body of a request: for PostgreSQL, which keeps digits that parsing loses. */
export const JsonBodyText = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { rawBody } = context.switchToHttp().getRequest<RawBodyRequest<Request>>();
  return rawBody === undefined ? '{}' : textOf(rawBody);
});

/** Without a byte order mark, which the parser passes over and PostgreSQL does not. */
function textOf(body: Buffer): string {
  return body.toString('utf8').replace(/^\uFEFF/, '');
}
