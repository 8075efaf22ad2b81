import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const ROOT = import.meta.dirname;

/** Each folder with an `index.html` is a page. The page of nodes is at the top, because its path is `/dashboard/`. */
const pages = ['.', ...readdirSync(ROOT)]
  .map((folder) => resolve(ROOT, folder, 'index.html'))
  .filter((page) => existsSync(page));

/** Files that custom pages import. Their paths do not change between versions. */
const FRAME = 'frame';
const theme: Plugin = {
  name: 'theme',
  generateBundle() {
    const source = readFileSync(resolve(ROOT, 'shared/theme.css'));
    this.emitFile({ type: 'asset', fileName: 'theme.css', source });
  },
};

export default defineConfig({
  root: ROOT,
  base: '/dashboard/',
  plugins: [theme],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: resolve(ROOT, '../static/dashboard'),
    emptyOutDir: true,
    target: 'es2023',
    // The polyfill is an inline script, which the Content-Security-Policy of the server forbids.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [...pages, resolve(ROOT, FRAME, 'frame.tsx')],
      preserveEntrySignatures: 'exports-only',
      output: {
        entryFileNames: ({ name }) => (name === FRAME ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  // `npx vite dashboard` serves the pages with the API of a server on port 8080.
  server: { proxy: { '^/(?!dashboard/)': { target: 'http://127.0.0.1:8080', ws: true } } },
});
