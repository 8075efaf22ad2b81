import { type AnalyticsClient, type components, createAnalyticsClient } from '../../src/client/index.js';
import { accessRefused, token, tokenHeaders } from './access.js';

type Schemas = components['schemas'];
/** Types of the OpenAPI document by name: `ApiSchema<'Node'>`. */
export type ApiSchema<Name extends keyof Schemas> = Schemas[Name];

/** Client of the server of this page. */
export const api: AnalyticsClient = createAnalyticsClient('', { token });
api.use({
  onResponse: ({ request, response }) =>
    detectUnauthorized(response, request.headers.get('Authorization') ?? undefined),
});

/** A request failed. The message names the invalid input. */
export class RequestFailedError extends Error {
  override readonly name = 'RequestFailedError';

  constructor(
    message: string,
    /** HTTP status. */
    readonly status: number,
    /** The candidates, if the requested name belongs to several chains. */
    readonly chains: readonly Schemas['ChainChoice'][] = [],
  ) {
    super(message);
  }
}

interface ApiResponse<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/**
 * The data of a response: `await responseData(api.GET('/nodes', { signal }))`.
 *
 * @throws RequestFailedError for a problem response
 */
export async function responseData<Data>(
  request: Promise<ApiResponse<Data>>,
): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await request;
  if (!response.ok) {
    throw new RequestFailedError(errorMessage(error, response), response.status, choicesIn(error));
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
  detectUnauthorized(response, headers.Authorization);
  if (response.ok) return response;
  const text = await response.text();
  throw new RequestFailedError(errorMessage(text, response), response.status);
}

/** @param sent the token of the request; another one may have been entered since */
function detectUnauthorized({ status }: Response, sent: string | undefined): undefined {
  if (status === 401 && sent === tokenHeaders().Authorization) accessRefused();
}

function choicesIn(error: unknown): readonly Schemas['ChainChoice'][] {
  return (error as Partial<Schemas['ChainProblem']> | null | undefined)?.chains ?? [];
}

/** With `parseAs: 'text'` the problem is text, too. */
function errorMessage(error: unknown, { status, statusText }: Response): string {
  const problem = (typeof error === 'string' ? parsed(error) : error) as Partial<Schemas['Problem']> | null;
  return problem?.detail ?? `The server responded with ${status} ${statusText}.`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
