/** What `GET /nodes` takes: nothing yet, and so whatever is given is refused. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- it is checked against, and has nothing yet
export class NodesQuery {}
