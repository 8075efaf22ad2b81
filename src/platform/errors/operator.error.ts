/** An error whose message tells the operator what is wrong and what to do. It is printed without its stack. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}
