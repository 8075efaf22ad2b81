import { parseArgs as parse, type ParseArgsConfig } from 'node:util';

/** `parseArgs` of Node.js with `--help`, which lists the options with their defaults. */
export const parseArgs: typeof parse = <T extends ParseArgsConfig>(config?: T) => {
  if (process.argv.includes('--help')) {
    const options = Object.entries(config?.options ?? {}).map(([name, { type, default: fallback }]) =>
      [
        `  --${name}${type === 'string' ? ' <value>' : ''}`.padEnd(28),
        fallback === undefined ? '' : `default: ${String(fallback)}`,
      ]
        .join('')
        .trimEnd(),
    );
    console.log(['Options:', ...options].join('\n'));
    process.exit(0);
  }
  return parse(config);
};
