import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/markdown.js';

interface LockedPackage {
  version: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
  license?: string;
}

interface Manifest {
  name: string;
  license?: string | { type: string };
  /** As it was written before 2014. */
  licenses?: { type: string }[];
  bin?: string | Record<string, string>;
  peerDependencies?: Record<string, string>;
}

export interface ProjectManifest {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
}

export interface Locked extends LockedPackage {
  name: string;
  /** Where it is installed, relative to the project's folder. */
  path: string;
  /** Nothing that runs with the server needs it. */
  isDev: boolean;
}

export const project = read('package.json') as ProjectManifest;

/** Every package of the lock file. */
export function lockedPackages(): Locked[] {
  const { packages } = read('package-lock.json') as { packages: Record<string, LockedPackage> };
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, locked]) => ({
      ...locked,
      path,
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      isDev: locked.dev === true || locked.devOptional === true,
    }));
}

/** Of a direct dependency. */
export function manifestOf(name: string): Manifest {
  return read(join('node_modules', name, 'package.json')) as Manifest;
}

/** By the package itself, where it is installed: the lock file repeats what the registry says. */
export function licenceOf({ path, license }: Locked): string {
  const file = join(path, 'package.json');
  if (!existsSync(join(ROOT, file))) return license ?? 'none';
  const manifest = read(file) as Manifest;
  const own = typeof manifest.license === 'object' ? manifest.license.type : manifest.license;
  return own ?? manifest.licenses?.map(({ type }) => type).join(' OR ') ?? 'none';
}

/** Whether an SPDX expression can be satisfied with these licences alone. */
export function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((part) => part.split(' AND ').every((licence) => allowed.has(licence.trim())));
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}
