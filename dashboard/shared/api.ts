import { type AnalyticsClient, type components, createAnalyticsClient } from '../../src/client/index.js';
import { accessRefused, token, tokenHeaders } from './access.js';

type Schemas = components['schemas'];
/** Types of the OpenAPI document by name: `ApiSchema<'Node'>`. */
export type ApiSchema<Name extends keyof Schemas> = Schemas[Name];

/** The server that this page came from. */
export const api: AnalyticsClient = createAnalyticsClient('', { token });
api.use({
  onResponse: ({ request, response }) =>
    noteRefusal(response, request.headers.get('Authorization') ?? undefined),
});

/** A request failed. The message names the invalid input. */
export class RequestFailedError extends Error {
  override readonly name = 'RequestFailedError';

  constructor(
    message: string,
    /** Of HTTP. */
    readonly status: number,
    /** Chains to choose from, where the name that was given is that of several. */
    readonly chains: readonly Schemas['ChainChoice'][] = [],
  ) {
    super(message);
  }
}

interface Asked<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/**
 * The data of a response: `await responseData(api.GET('/nodes', { signal }))`.
 *
 * @throws RequestFailedError when it was a problem
 */
export async function responseData<Data>(asked: Promise<Asked<Data>>): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await asked;
  if (!response.ok) {
    throw new RequestFailedError(explain(error, response), response.status, choicesIn(error));
  }
  return data as Exclude<Data, undefined>;
}

/**
 * `fetch` with the headers of the API.
 *
 * @throws RequestFailedError for a problem response
 */
export async function fetched(url: string, signal?: AbortSignal): Promise<Response> {
  const headers = tokenHeaders();
  const response = await fetch(url, { headers, ...(signal && { signal }) });
  noteRefusal(response, headers.Authorization);
  if (response.ok) return response;
  const text = await response.text();
  throw new RequestFailedError(explain(text, response), response.status);
}

/** @param shown what the request had; another token may have been given since */
function noteRefusal({ status }: Response, shown: string | undefined): undefined {
  if (status === 401 && shown === tokenHeaders().Authorization) accessRefused();
}

function choicesIn(error: unknown): readonly Schemas['ChainChoice'][] {
  return (error as Partial<Schemas['ChainProblem']> | null | undefined)?.chains ?? [];
}

/** With `parseAs: 'text'` a problem comes as text too. */
function explain(error: unknown, { status, statusText }: Response): string {
  const problem = (typeof error === 'string' ? parsed(error) : error) as Partial<Schemas['Problem']> | null;
  return problem?.detail ?? `The server answered ${status} ${statusText}.`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
