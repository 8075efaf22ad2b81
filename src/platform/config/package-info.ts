import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface PackageInfo {
  name: string;
  version: string;
  description: string;
}

/** Metadata of the package. */
export const packageInfo = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../package.json'), 'utf8'),
) as PackageInfo;

export const PACKAGE_VERSION = packageInfo.version;
