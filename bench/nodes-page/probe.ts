/** What the page saw; times are milliseconds. */
export interface Seen {
  firstRowAt: number;
  frames: number;
  longestGap: number;
  gapsOver50: number;
  longTasks: number;
  longestTask: number;
  feedFrames: number;
}

/** Runs in the page before its own scripts: when its first row was there, and how evenly it draws. */
export const PROBE = `{
  const seen = { firstRowAt: 0, frames: 0, longestGap: 0, gapsOver50: 0, longTasks: 0, longestTask: 0, feedFrames: 0 };
  let watching = false;
  let last = performance.now();
  const frame = (now) => {
    if (seen.firstRowAt === 0 && document.querySelector('tbody th[scope="row"]')) seen.firstRowAt = now;
    if (watching) {
      const gap = now - last;
      seen.frames += 1;
      seen.longestGap = Math.max(seen.longestGap, gap);
      if (gap > 50) seen.gapsOver50 += 1;
    }
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    if (!watching) return;
    for (const { duration } of list.getEntries()) {
      seen.longTasks += 1;
      seen.longestTask = Math.max(seen.longestTask, duration);
    }
  }).observe({ type: 'longtask' });
  const Socket = WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', () => (seen.feedFrames += watching ? 1 : 0));
    }
  };
  globalThis.probe = {
    begin: () => { last = performance.now(); watching = true; },
    end: () => seen,
  };
}`;
