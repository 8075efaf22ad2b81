/** A guard of a team is no whole guard of the live feed, and no other is named for that: the server does not start. */
export class HalfLockError extends Error {
  override readonly name = 'HalfLockError';

  /** @param missing what of FeedGuard it has not, or not as it is to be */
  constructor(guard: string, missing: readonly string[]) {
    super(
      `${guard} is to guard the live feed, which has the same data as the HTTP API, and has no ${missing.join(', no ')}. ` +
        'Give it all of FeedGuard: the methods checkUpgrade and admits, and needsToken as true or false from the time ' +
        'that it is constructed. Or name another class as access.feedGuard: TokenFeedGuard asks for a token of API_TOKENS.',
    );
  }
}
