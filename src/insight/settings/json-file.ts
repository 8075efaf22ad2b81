import { open } from 'node:fs/promises';
import { InvalidSettingsError } from '../../platform/config/index.js';

/** What is wrong with the file of a setting. */
export function fileError(setting: string, path: string, problems: readonly string[]): InvalidSettingsError {
  return new InvalidSettingsError(problems.map((problem) => `${setting}, ${path}: ${problem}`));
}

/**
 * Reads the JSON object in the file of a setting.
 *
 * @param setting its name
 * @throws InvalidSettingsError if the file cannot be read, is too large, or has another content
 */
export async function readJsonObject(
  setting: string,
  path: string,
  maxBytes: number,
): Promise<ReadonlyMap<string, unknown>> {
  const text = await readText(setting, path, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fileError(setting, path, [`The file is not JSON: ${(error as Error).message}.`]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fileError(setting, path, ['The file must have a JSON object.']);
  return new Map(Object.entries(value));
}

async function readText(setting: string, path: string, maxBytes: number): Promise<string> {
  try {
    await using file = await open(path);
    // A pipe or a device has no size: at most one byte more than allowed is read.
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (length > maxBytes) throw new RangeError(`it has more than ${maxBytes.toString()} bytes`);
      if (bytesRead === 0) break;
    }
    return buffer.toString('utf8', 0, length).replace(/^\uFEFF/, '');
  } catch (error) {
    throw fileError(setting, path, [`The file cannot be read: ${(error as Error).message}.`]);
  }
}
