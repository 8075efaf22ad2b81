import { Agent, get, type IncomingMessage, request } from 'node:http';

/** One connection that is kept, as a dashboard has it. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

export interface Answer {
  status: number;
  text: string;
  /** From the request to the last byte of the answer. */
  ms: number;
}

export async function ask(url: string): Promise<Answer> {
  const began = performance.now();
  const response = await responseTo(url, {});
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const ms = performance.now() - began;
  return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString(), ms };
}

/** Whose body is still to be read. */
export function responseTo(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, resolve).on('error', reject);
  });
}

/** @returns what it answers, as JSON; undefined where there is no such route */
export async function post<Output>(url: string, body: object): Promise<Output | undefined> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = request(
      url,
      { agent, method: 'POST', headers: { 'content-type': 'application/json' } },
      resolve,
    );
    sending.on('error', reject).end(JSON.stringify(body));
  });
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  if (response.statusCode === 404) return undefined;
  if ((response.statusCode ?? 0) >= 300) throw new Error(`POST ${url}: ${text}`);
  return JSON.parse(text) as Output;
}
