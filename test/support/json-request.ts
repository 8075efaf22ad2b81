import type { TestServer } from './test-server.js';

/** An answer with its body, as it came and parsed; null where it is empty. */
export interface JsonAnswer<T> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}

export interface ProblemBody {
  status: number;
  detail: string;
  errors?: { parameter: string; detail: string }[];
}

/** Asks with a JSON body, which may be a text that is sent as it is. */
export async function ask<T = unknown>(
  server: TestServer,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object | string,
): Promise<JsonAnswer<T>> {
  const answer = await fetch(server.http + path, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (text === '' ? null : JSON.parse(text)) as T,
  };
}

/** Which parameters a problem names. */
export function named({ status, headers, body }: JsonAnswer<unknown>): (string | number)[] {
  if (headers.get('content-type') !== 'application/problem+json; charset=utf-8')
    return [status, 'no problem'];
  return [status, ...((body as ProblemBody).errors ?? []).map(({ parameter }) => parameter)];
}
