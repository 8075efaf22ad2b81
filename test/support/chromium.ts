import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Without the windows and menus of a desktop, Chromium starts and opens pages in a third of the time. */
const HEADLESS = '/usr/bin/chromium-headless-shell';

export const CHROMIUM = process.env.CHROMIUM_PATH ?? (existsSync(HEADLESS) ? HEADLESS : '/usr/bin/chromium');

/** A Chromium without a window. Its sandbox does not work for root, nor in most containers. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}
