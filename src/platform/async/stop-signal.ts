/**
 * Aborts at the first SIGINT or SIGTERM; a second one ends the process at once. A Ctrl-C arrives from the terminal and from
 * npm, so signals within half a second count as one.
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
