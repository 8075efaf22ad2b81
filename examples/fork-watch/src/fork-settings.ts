/** Our own variables of the environment, or of the server's file `.env`. */
export class ForkSettings {
  private constructor(
    /** `FORK_WEBHOOK_URL`: where forks are posted; not set: nowhere. */
    readonly webhookUrl: string | undefined,
  ) {}

  /** @throws Error that names the variable, what it got and what it takes */
  static from({ FORK_WEBHOOK_URL: url = '' }: NodeJS.ProcessEnv): ForkSettings {
    if (url !== '' && !/^https?:\/\//.test(url)) {
      throw new Error(`FORK_WEBHOOK_URL is ${JSON.stringify(url)}, but takes a URL of http or https.`);
    }
    return new ForkSettings(url === '' ? undefined : url);
  }
}
