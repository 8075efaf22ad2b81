/** A request of the feed cannot be followed; the message tells the client why. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
}
