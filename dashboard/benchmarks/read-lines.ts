import { fetched } from '../shared/api.js';

/**
 * The objects of an NDJSON response as they arrive.
 *
 * @throws RequestFailedError for a problem response
 */
export async function* readLines(
  url: string,
  signal: AbortSignal,
): AsyncGenerator<Record<string, unknown>[]> {
  const response = await fetched(url, signal);
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      yield lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
    }
    if (rest !== '') yield [JSON.parse(rest) as Record<string, unknown>];
  } finally {
    // Cancels the request if the consumer stops early.
    await reader.cancel().catch(() => undefined);
  }
}
