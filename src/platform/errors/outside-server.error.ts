/** A module of the server is in an application that the server did not start. */
export class OutsideServerError extends Error {
  override readonly name = 'OutsideServerError';

  /** @param module its name */
  constructor(module: string) {
    super(
      `${module} is a part of the server, and this application was started without it. Do not pass it to NestFactory ` +
        'or Test.createTestingModule: start the server with your modules, by run({ imports: [YourModule] }) or ' +
        'startServer(settings, { imports: [YourModule] }), in tests by startTestServer of tetcore-analytics/testing.',
    );
  }
}
