import { join } from 'node:path';
import { runStep } from './run-step.js';
import type { PythonProgram, PythonTools } from './toolchain.js';

/** The packages of PyPI, at versions that are known to work. Each has an environment of its own. */
const PACKAGES: Record<PythonProgram, readonly string[]> = {
  // It contains the generator itself, a program for Java.
  'openapi-generator-cli': ['openapi-generator-cli==7.25.0'],
  'openapi-python-client': ['openapi-python-client==0.29.1', 'ruff'],
  schemathesis: ['schemathesis==4.32.5'],
};

/** Installs programs of Python packages in a folder, each when it is needed. */
export class InstalledPythonTools implements PythonTools {
  private readonly environments = new Map<string, Promise<string>>();

  constructor(private readonly folder: string) {}

  async program(name: PythonProgram): Promise<string> {
    return join(await this.environment(name, PACKAGES[name]), 'bin', name);
  }

  async python(name: string, packages: readonly string[]): Promise<string> {
    return join(await this.environment(name, packages), 'bin', 'python');
  }

  /** The folder of an environment with these packages. */
  private environment(name: string, packages: readonly string[]): Promise<string> {
    let made = this.environments.get(name);
    if (made === undefined) this.environments.set(name, (made = this.install(name, packages)));
    return made;
  }

  private async install(name: string, packages: readonly string[]): Promise<string> {
    const path = join(this.folder, name);
    const options = { cwd: this.folder, minutes: 5 };
    await runStep('python3', ['-m', 'venv', path], options);
    await runStep(
      join(path, 'bin/python'),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
      options,
    );
    return path;
  }
}
