import express, { type Request, type Response } from 'express';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

export interface TestRequestOptions {
  method?: string;
  /** Path and query. */
  url?: string;
  headers?: Readonly<Record<string, string>>;
  /** The address of the peer. */
  address?: string;
}

/**
 * A request without a connection, for `AccessGuard.check`, `FeedGuard.checkUpgrade` and `UpgradeGuard.check`. Its `res`
 * is the response.
 */
export function testRequest({
  method = 'GET',
  url = '/',
  headers = {},
  address = '127.0.0.1',
}: TestRequestOptions = {}): Request & { res: Response } {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
  const message = new IncomingMessage(socket);
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  Object.assign(message, {
    method,
    url,
    rawHeaders: Object.entries(headers).flat(),
    headers: Object.fromEntries(lower),
    headersDistinct: Object.fromEntries(lower.map(([name, value]) => [name, [value]])),
  });
  const app = express();
  const request = Object.setPrototypeOf(message, app.request) as Request & { res: Response };
  request.res = Object.setPrototypeOf(new ServerResponse(message), app.response) as Response;
  request.res.req = request;
  return request;
}
