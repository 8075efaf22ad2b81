import ts from 'typescript';
import { join } from 'node:path';
import { ROOT } from '../support/markdown.js';
import type { KubernetesObject } from './template.js';

/** @returns {@link problemsOfEach}, without those that have none */
export function kubernetesProblems(objects: readonly KubernetesObject[]): string[] {
  return problemsOfEach(objects).flat();
}

/**
 * Why the API of Kubernetes would reject each object: unknown and missing fields, and values of another type. The
 * compiler compares the objects with the types of `kubernetes-types`, which are generated from the schemas of the API.
 * Like the API, it ignores fields that are null. Some of the checks of values are made here.
 */
export function problemsOfEach(objects: readonly KubernetesObject[]): string[][] {
  const problems = objects.map((object) => valueProblems(object));
  const file = join(ROOT, 'test/deployment/objects.generated.ts');
  const lines = objects.map((object, index) => declare(withoutNulls(object), index));
  const text = lines.join('\n');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2023.d.ts'],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023) : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  for (const { messageText, start = 0 } of ts.getPreEmitDiagnostics(program)) {
    const line = text.slice(0, start).split('\n').length - 1;
    problems[line]?.push(ts.flattenDiagnosticMessageText(messageText, '\n'));
  }
  return problems;
}

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUANTITY = /^[0-9.]+([eE][0-9]+|[kKMGTPE]i?|m)?$/;
const NETWORK = /^[0-9a-f:.]+\/\d+$/;

/** What the API checks besides types, of the fields that templates fill in. */
function valueProblems({ kind, metadata, spec }: KubernetesObject): string[] {
  const problems: string[] = [];
  const check = (what: string, value: unknown, pattern: RegExp): void => {
    if (!pattern.test(String(value))) problems.push(`${kind}: ${what} is ${JSON.stringify(value)}`);
  };
  check('name', metadata.name, LABEL);
  check('namespace', metadata.namespace ?? '', LABEL);
  if (kind === 'Service' && at(spec, 'type') === 'LoadBalancer') {
    // Without a list it is open to all, which is no error for the API.
    const ranges = at(spec, 'loadBalancerSourceRanges');
    if (Array.isArray(ranges) && ranges.length > 0)
      for (const range of ranges) check('range', range, NETWORK);
    else problems.push(`Service: open to all, since the ranges are ${JSON.stringify(ranges)}`);
  }
  if (kind !== 'StatefulSet') return problems;
  const container = at(spec, 'template', 'spec', 'containers', 0);
  check('image', at(container, 'image'), /^\S+$/);
  for (const each of at(container, 'env') as unknown[])
    check('Secret', at(each, 'valueFrom', 'secretKeyRef', 'name'), LABEL);
  check('CPU', at(container, 'resources', 'requests', 'cpu'), QUANTITY);
  check('memory', at(container, 'resources', 'limits', 'memory'), QUANTITY);
  const claim = at(spec, 'volumeClaimTemplates', 0, 'spec');
  check('size', at(claim, 'resources', 'requests', 'storage'), QUANTITY);
  // Not an error for the API, but no such volume is ever made.
  if (at(claim, 'storageClassName') === '') problems.push('StatefulSet: the storage class is empty');
  return problems;
}

function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], value);
}

function withoutNulls(object: KubernetesObject): KubernetesObject {
  return JSON.parse(
    JSON.stringify(object, (_, value: unknown) => (value === null ? undefined : value)),
  ) as KubernetesObject;
}

function declare({ apiVersion, kind, ...rest }: KubernetesObject, index: number): string {
  const path = apiVersion.includes('/') ? apiVersion.replace('.k8s.io/', '/') : `core/${apiVersion}`;
  const type = `import('kubernetes-types/${path}').${kind}`;
  return `export const object${index}: ${type} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
}
