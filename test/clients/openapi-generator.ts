import { cp, mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { copyGoDriver, runGoDriver } from './go-driver.js';
import { runStep } from './run-step.js';
import type { ClientEnvironment, Toolchain } from './toolchain.js';

const HERE = import.meta.dirname;
const MODULES = resolve(HERE, '../../node_modules');

/** Clients of openapi-generator. */
export const OPENAPI_GENERATOR: readonly Toolchain[] = [
  {
    name: 'openapi-generator go',
    needs: ['go', 'java', 'python3'],
    run: async (environment) => {
      await generate(environment, 'go', 'client', ['packageName=analytics', 'withGoMod=false']);
      await copyGoDriver('go', environment);
      return await runGoDriver(environment);
    },
  },
  {
    name: 'openapi-generator java',
    needs: ['java', 'mvn', 'python3'],
    run: async (environment) => {
      const { folder, variables } = environment;
      await generate(environment, 'java', 'client', [
        'library=native',
        'useSingleRequestParameter=true',
        'hideGenerationTimestamp=true',
        'openApiNullable=true',
      ]);
      const client = join(folder, 'client');
      await mkdir(join(client, 'src/main/java/driver'), { recursive: true });
      await cp(join(HERE, 'java/Main.java'), join(client, 'src/main/java/driver/Main.java'));
      const options = { cwd: client, minutes: 10 };
      await runStep('mvn', ['--batch-mode', '--quiet', '-DskipTests', 'compile'], options);
      await runStep(
        'mvn',
        ['--batch-mode', '--quiet', 'dependency:build-classpath', '-Dmdep.outputFile=classpath'],
        options,
      );
      const run = 'exec java -cp "target/classes:$(cat classpath)" driver.Main';
      return await runStep('sh', ['-c', run], { cwd: client, minutes: 1, env: variables });
    },
  },
  {
    name: 'openapi-generator rust',
    needs: ['cargo', 'java', 'python3'],
    run: async (environment) => {
      const { folder, variables } = environment;
      await generate(environment, 'rust', 'client', [
        'packageName=analytics',
        'library=reqwest',
        'useSingleRequestParameter=true',
      ]);
      await cp(join(HERE, 'rust'), folder, { recursive: true });
      const options = { cwd: folder, minutes: 10 };
      await runStep('cargo', ['build', '--quiet'], options);
      return await runStep('target/debug/driver', [], { cwd: folder, minutes: 1, env: variables });
    },
  },
  {
    name: 'openapi-generator typescript-fetch',
    needs: ['java', 'python3'],
    run: async (environment) => {
      const { folder, variables } = environment;
      await generate(environment, 'typescript-fetch', 'client', ['importFileExtension=.js']);
      await cp(join(HERE, 'typescript'), folder, { recursive: true });
      await symlink(MODULES, join(folder, 'node_modules'));
      const options = { cwd: folder, minutes: 3 };
      await runStep(join(MODULES, '.bin/tsc'), ['-p', '.'], options);
      return await runStep('node', ['out/main.js'], { cwd: folder, minutes: 1, env: variables });
    },
  },
];

/** Generates a client into a folder of the environment. */
async function generate(
  { folder, document, python }: ClientEnvironment,
  generator: string,
  output: string,
  properties: readonly string[],
): Promise<void> {
  const args = ['generate', '-g', generator, '-i', document, '-o', output];
  if (properties.length > 0) args.push('--additional-properties', properties.join(','));
  args.push('--global-property', 'apiTests=false,modelTests=false,apiDocs=false,modelDocs=false');
  await runStep(await python.program('openapi-generator-cli'), args, { cwd: folder, minutes: 2 });
}
