import type { SettingDoc } from '../src/platform/config/index.js';

export interface DescribedSetting {
  name: string;
  /** The default, empty where that is not one value. */
  value: string;
  /** The default as it is written, or `not set`. */
  text: string;
  expected: string;
  about: string;
}

export function describeSettings(
  docs: Map<string, SettingDoc>,
  defaults: object,
  source: string,
): DescribedSetting[];
export function configurationPage(page: string, settings: readonly DescribedSetting[]): Promise<string>;
export function environmentExample(settings: readonly DescribedSetting[]): string;
export function sourceOutsideConfig(folder: string): string;
