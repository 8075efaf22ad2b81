import { useEffect, useState } from 'preact/hooks';

/** Draws once a second, for what shows how long ago something was. */
export function useSecond(): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
}
