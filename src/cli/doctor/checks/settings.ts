import {
  ConfigModule,
  InvalidSettingsError,
  misspelledSettings,
  readSettings,
  type Settings,
} from '../../../platform/config/index.js';
import { type Finding, ok, problem, warning } from '../finding.js';

/** Whether the environment holds settings that a server takes; `settings` is undefined where it does not. */
export async function checkSettings(): Promise<{ settings: Settings | undefined; findings: Finding[] }> {
  return findingsOf(await ConfigModule.environment());
}

/** The same for given variables. */
export function findingsOf(environment: Record<string, unknown>): {
  settings: Settings | undefined;
  findings: Finding[];
} {
  const misspelled = misspelledSettings(environment).map(({ given, meant }) =>
    warning(`The environment variable ${given} is not a setting.`, `If you mean ${meant}, rename it.`),
  );
  try {
    const settings = readSettings(environment);
    return { settings, findings: [ok('All settings are valid.'), ...misspelled] };
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error;
    const problems = error.problems.map((text) =>
      problem(text, 'Correct it in the environment or in .env: docs/configuration.md.'),
    );
    return { settings: undefined, findings: [...problems, ...misspelled] };
  }
}
