/** What a client is built and run with. */
export interface ClientEnvironment {
  /** An empty folder. */
  folder: string;
  /** A file with the OpenAPI document, as the server returned it. */
  document: string;
  /** For the program: `API_URL`, `API_TOKEN` with the scope write, `READ_TOKEN`, and `PEER_ID`. */
  variables: Record<string, string>;
  python: PythonTools;
}

export type PythonProgram = 'openapi-generator-cli' | 'openapi-python-client' | 'schemathesis';

/** Programs of Python packages, which are installed when they are needed. */
export interface PythonTools {
  /** The path of a program. @throws StepFailedError if it cannot be installed */
  program(name: PythonProgram): Promise<string>;
  /** The path of a Python with packages. @throws StepFailedError if they cannot be installed */
  python(name: string, packages: readonly string[]): Promise<string>;
}

/** One generator of clients for one language, with a program of this folder that uses the client. */
export interface Toolchain {
  name: string;
  /** Programs that it needs. See {@link HOW_TO_GET}. */
  needs: readonly Program[];
  /**
   * Generates the client, compiles it unedited together with the program, and runs the program.
   *
   * @returns what the program printed: see calls.ts
   * @throws StepFailedError
   */
  run(environment: ClientEnvironment): Promise<string>;
}

/** The programs that toolchains need, and how to get each. */
export const HOW_TO_GET = {
  cargo: 'install Rust: https://rustup.rs',
  go: 'install Go 1.24 or later: https://go.dev/dl',
  java: 'install Java 17 or later: apt-get install openjdk-17-jdk',
  mvn: 'install Maven: apt-get install maven',
  python3: 'install Python 3.11 or later with venv: apt-get install python3-venv',
} as const;

export type Program = keyof typeof HOW_TO_GET;
