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

/** Enough for a chain specification, which contains the code of its chain. */
export const MAX_BODY_BYTES = 8 * 1024 ** 2;

/** Methods whose body is parsed. */
const WITH_BODY = new Set(['POST', 'PATCH', 'PUT']);
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;
const UTF_8 = /^(utf-?8|us-ascii)$/i;

const REASONS: Record<UnstorableReason, string> = {
  nul_character: 'contains a NUL character',
  lone_surrogate: 'contains an unpaired surrogate',
  too_deep: 'is nested too deeply',
  number_out_of_range: 'contains a number that is too large to store',
};

/**
 * Rejects a body whose type is not JSON, which the parser would ignore, and JSON that PostgreSQL cannot store. Runs after
 * the body parser, which keeps the text.
 */
export function checkJsonBody(
  request: RawBodyRequest<Request>,
  _response: Response,
  next: (error?: unknown) => void,
): void {
  // The parser makes an object of an empty text.
  if (request.rawBody?.length === 0) request.body = undefined;
  next(bodyError(request));
}

function bodyError({ rawBody, method, headers }: RawBodyRequest<Request>): HttpException | undefined {
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

/** Names the invalid fields, if they are known: two large numbers may be too large only together. */
function unstorable(text: string, reason: UnstorableReason): BadRequestException {
  const fields = [...membersOf(text)].flatMap(([name, { value }]) => {
    const fieldReason = findUnstorable(value);
    return fieldReason === null ? [] : [{ parameter: name, detail: REASONS[fieldReason] }];
  });
  if (fields.length === 0) return new BadRequestException(`The body ${REASONS[reason]}.`);
  const detail = fields.map(({ parameter, detail: reasonText }) => `${parameter} ${reasonText}.`).join(' ');
  return new BadRequestException({ detail, errors: fields });
}

/** The text of a JSON body, for PostgreSQL: parsing would lose digits. */
export const JsonBodyText = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { rawBody } = context.switchToHttp().getRequest<RawBodyRequest<Request>>();
  return rawBody === undefined ? '{}' : textOf(rawBody);
});

/** Without a byte order mark, which PostgreSQL does not accept. */
function textOf(body: Buffer): string {
  return body.toString('utf8').replace(/^\uFEFF/, '');
}
