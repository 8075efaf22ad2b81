import { readFileSync } from 'node:fs';
import { BUILT_IN } from './built-in.js';
import { readScenario, type Scenario, type ScenarioFile } from './scenario.js';
import { ScenarioError } from './scenario-fields.js';

/** Names and descriptions of the built-in scenarios. */
export function listScenarios(): { name: string; description: string }[] {
  return Object.entries(BUILT_IN).map(([name, { description }]) => ({ name, description }));
}

/**
 * Loads a built-in scenario by name, or a JSON file by path.
 *
 * @param overrides fields that override the scenario
 * @throws ScenarioError if there is none, or if it is invalid
 */
export function loadScenario(nameOrPath: string, overrides: ScenarioFile = {}): Scenario {
  if (Object.hasOwn(BUILT_IN, nameOrPath)) {
    return readScenario({ ...BUILT_IN[nameOrPath as keyof typeof BUILT_IN], ...overrides });
  }
  const value = parse(nameOrPath);
  try {
    return readScenario(
      typeof value === 'object' && !Array.isArray(value) ? { ...value, ...overrides } : value,
    );
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(`${nameOrPath}: ${error.field}`, error.problem);
  }
}

function parse(path: string): object | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const names = Object.keys(BUILT_IN).join(', ');
    throw new ScenarioError(
      `--scenario`,
      `is "${path}", which is neither one of ${names} nor a readable file (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
  try {
    return JSON.parse(text) as object | null;
  } catch (error) {
    throw new ScenarioError(path, `is not JSON: ${(error as Error).message.replace(/\.$/, '')}`);
  }
}
