import type { NextFunction, Request, Response } from 'express';

/** A parameter of a media type other than its weight. */
const PARAMETER = /;\s*(?!q\s*=)[^\s;,="]+\s*(?:=\s*(?:"(?:\\.|[^"\\])*"|[^",;]*))?/gi;

/**
 * Removes the parameters of media types from the header `Accept`, except for weights: no format has variants, so
 * `application/json; charset=utf-8` selects JSON. To be used before anything that selects a format.
 */
export function ignoreMediaTypeParameters(
  { headers }: Request,
  _response: Response,
  next: NextFunction,
): void {
  if (headers.accept !== undefined) headers.accept = headers.accept.replace(PARAMETER, '');
  next();
}
