import { dirname, join } from 'node:path';
import { copyGoDriver, GO_ENV, runGoDriver } from './go-driver.js';
import { runStep } from './run-step.js';
import type { Toolchain } from './toolchain.js';

const HERE = import.meta.dirname;
const OAPI_CODEGEN = 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2';

/** Clients of generators for one language. */
export const OTHER_GENERATORS: readonly Toolchain[] = [
  {
    name: 'oapi-codegen',
    needs: ['go'],
    run: async (environment) => {
      const { folder, document } = environment;
      await copyGoDriver('oapi-codegen', environment);
      const args = ['-generate', 'types,client', '-package', 'main', '-o', 'client.gen.go', document];
      await runStep('go', ['run', OAPI_CODEGEN, ...args], { cwd: folder, minutes: 5, env: GO_ENV });
      return await runGoDriver(environment);
    },
  },
  {
    name: 'openapi-python-client',
    needs: ['python3'],
    run: async ({ folder, document, variables, python }) => {
      const args = ['generate', '--path', document, '--output-path', 'client', '--fail-on-warning'];
      const generator = await python.program('openapi-python-client');
      // It formats what it generates with ruff.
      const env = { PATH: `${dirname(generator)}:${process.env.PATH ?? ''}` };
      await runStep(generator, args, { cwd: folder, minutes: 2, env });
      const interpreter = await python.python('python-driver', [join(folder, 'client'), 'mypy']);
      const driver = join(HERE, 'python/main.py');
      const options = { cwd: folder, minutes: 5 };
      await runStep(interpreter, ['-m', 'mypy', '--cache-dir', 'mypy', driver], options);
      return await runStep(interpreter, [driver], { cwd: folder, minutes: 1, env: variables });
    },
  },
];
