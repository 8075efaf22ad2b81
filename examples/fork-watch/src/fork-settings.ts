/** Settings of this module, from the environment. */
export class ForkSettings {
  private constructor(
    /** `FORK_WEBHOOK_URL`: URL for notifications about forks; not set: none. */
    readonly webhookUrl: string | undefined,
  ) {}

  /** @throws Error with the variable, its value and the valid values */
  static from({ FORK_WEBHOOK_URL: url = '' }: NodeJS.ProcessEnv): ForkSettings {
    if (url !== '' && !/^https?:\/\//.test(url)) {
      throw new Error(`FORK_WEBHOOK_URL is ${JSON.stringify(url)}, but must be an http or https URL.`);
    }
    return new ForkSettings(url === '' ? undefined : url);
  }
}
