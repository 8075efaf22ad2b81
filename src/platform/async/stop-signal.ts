/**
 * Aborts at the first Ctrl-C or SIGTERM; another one ends the process at once. Ctrl-C reaches the process from the
 * terminal and from npm, so what follows within half a second is the same one.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let first = Infinity;
  const onSignal = () => {
    if (performance.now() - first > 500) process.exit(130);
    first = Math.min(first, performance.now());
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stop.signal;
}
