/** A guard of a team covers the HTTP API, and none of theirs the live feed: the server does not start. */
export class HalfLockError extends Error {
  override readonly name = 'HalfLockError';

  constructor(guard: string) {
    super(
      `${guard} guards the HTTP API, and nothing that goes with it guards the live feed, which has the same data. ` +
        'Give it the methods of FeedGuard (checkUpgrade, needsToken, admits), or name a class as access.feedGuard: ' +
        'TokenFeedGuard asks for a token of API_TOKENS.',
    );
  }
}
