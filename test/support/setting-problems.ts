import { InvalidSettingsError, readSettings } from '../../src/platform/config/index.js';

/** What is wrong with an environment; nothing where the server takes it. */
export function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.problems;
    throw error;
  }
}
