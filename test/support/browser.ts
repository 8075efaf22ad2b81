import axe from 'axe-core';
import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { CHROMIUM, launchChromium } from './chromium.js';

const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 900 };

/** Whether there is a browser here: `describe.skipIf(!hasBrowser)`. */
export const hasBrowser = existsSync(CHROMIUM);
if (!hasBrowser) {
  console.warn(
    `Tests in a browser are skipped: there is no ${CHROMIUM}. Run: apt-get install -y chromium-headless-shell, or set CHROMIUM_PATH.`,
  );
}

export interface Look {
  dark?: boolean;
  phone?: boolean;
}

/** A Chromium without a window. `await using` ends it. */
export class TestBrowser implements AsyncDisposable {
  private constructor(private readonly browser: Browser) {}

  static async launch(): Promise<TestBrowser> {
    return new TestBrowser(await launchChromium());
  }

  /** Opens a page in a profile of its own. */
  async open(url: string, { dark = false, phone = false }: Look = {}): Promise<TestPage> {
    const context = await this.browser.newContext({
      colorScheme: dark ? 'dark' : 'light',
      viewport: phone ? PHONE : DESKTOP,
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
    });
    const page = new TestPage(await context.newPage(), new URL(url).origin);
    await page.page.goto(url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}

/** A page, and everything that a page must not do. */
export class TestPage {
  /** Errors on the console (also of the content security policy), in scripts, dialogs, and requests elsewhere. */
  readonly problems: string[] = [];

  constructor(
    /** Playwright's. Its locators wait for what they are asked for. */
    readonly page: Page,
    origin: string,
  ) {
    page.setDefaultTimeout(30_000);
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.problems.push(`script: ${error.message}`));
    page.on('dialog', (dialog) => {
      this.problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.origin !== origin)
        this.problems.push(`request: ${url.href}`);
    });
  }

  /** Accessibility violations that axe finds, as `rule: element`. */
  async barriers(): Promise<string[]> {
    const before = this.problems.length;
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(async () => {
      const { axe: inPage } = globalThis as unknown as { axe: typeof axe };
      return await inPage.run();
    });
    // Of axe itself, which tries whether it may add a style.
    const own = this.problems.splice(before).filter((problem) => !problem.includes('Applying inline style'));
    this.problems.push(...own);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  /** By how many pixels the page is wider than its window. */
  async overflow(): Promise<number> {
    return await this.page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
  }

  /** Expects that nothing is wrong with the page as it stands. */
  async expectAccessible(): Promise<void> {
    expect(await this.barriers()).toEqual([]);
    expect(await this.overflow()).toBeLessThanOrEqual(0);
    expect(this.problems).toEqual([]);
  }
}
