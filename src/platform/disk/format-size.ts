const UNITS = ['kiB', 'MiB', 'GiB', 'TiB'];

/** A size such as `1.5 GiB`. */
export function formatSize(bytes: number): string {
  let size = bytes;
  let unit = 'bytes';
  for (const next of UNITS) {
    if (size < 1024) break;
    size /= 1024;
    unit = next;
  }
  return `${Number(size.toPrecision(size < 1000 ? 3 : 4)).toString()} ${unit}`;
}
