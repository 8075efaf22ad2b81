import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { readProjectFile, ROOT } from '../support/markdown.js';

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels: Record<string, string> };
  [field: string]: unknown;
}

export const TEMPLATE = 'deployment.template.yml';
export const template = readProjectFile(TEMPLATE);

/** The line of the template's head that takes its variables out. */
export const TAKE_VARIABLES = `sed -n 's/^# export /export /p' ${TEMPLATE}`;

export const hasEnvsubst = spawnSync('envsubst', ['--version']).status === 0;

/**
 * What `envsubst` makes of the template, with the variables as its head gives them and nothing else.
 *
 * @param changed variables that are set to something else afterwards, or unset if undefined
 * @param filter a command that what is written goes through
 */
export function render(changed: Record<string, string | undefined> = {}, filter = 'cat'): string {
  const changes = Object.entries(changed).map(([name, value]) =>
    value === undefined ? `unset ${name}` : `export ${name}="$CHANGED_${name}"`,
  );
  const script = [
    'set -eu',
    `eval "$(${TAKE_VARIABLES})"`,
    ...changes,
    `envsubst < ${TEMPLATE} | ${filter}`,
  ].join('\n');
  const env = Object.fromEntries(
    Object.entries(changed).map(([name, value]) => [`CHANGED_${name}`, value] as const),
  );
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The template cannot be rendered: ${stderr}`);
  return stdout;
}

/** The documents in a text, without those that are empty. kubectl and Helm parse YAML 1.1, where `n` is a boolean. */
export function objectsIn(text: string): KubernetesObject[] {
  return parseAllDocuments(text, { version: '1.1', logLevel: 'silent' }).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.join('\n'));
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}

/** @throws Error where there is not exactly one */
export function only(objects: readonly KubernetesObject[], kind: string, name?: string): KubernetesObject {
  const found = objects.filter(
    (each) => each.kind === kind && (name ?? each.metadata.name) === each.metadata.name,
  );
  const [object] = found;
  if (object === undefined || found.length > 1) throw new Error(`There are ${found.length} of ${kind}.`);
  return object;
}
