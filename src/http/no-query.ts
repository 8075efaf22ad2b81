/** Of a route that takes no parameters: whatever is given is refused. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- it is checked against, and has nothing
export class NoQuery {}
