import ts from 'typescript';
import { join } from 'node:path';
import { ROOT } from '../support/markdown.js';
import type { KubernetesObject } from './template.js';

/**
 * What Kubernetes' API would not take: fields that it does not know or that are missing, and values of another
 * type. The compiler compares the objects with the types of `kubernetes-types`, which are made from the
 * schemas of the API.
 */
export function kubernetesProblems(objects: readonly KubernetesObject[]): string[] {
  const file = join(ROOT, 'test/deployment/objects.generated.ts');
  const text = objects.map((object, index) => declare(object, index)).join('\n');
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
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

function declare({ apiVersion, kind, ...rest }: KubernetesObject, index: number): string {
  const path = apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`;
  const type = `import('kubernetes-types/${path}').${kind}`;
  return `export const object${index}: ${type} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
}
