import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';

const foldersOf = (path) =>
  readdirSync(new URL(path, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

const rooms = foldersOf('src').filter((name) => name !== 'migrations' && name !== 'platform');
const modules = [...rooms, ...foldersOf('src/platform')];

const throughIndex = (name) => ({
  regex: `^(\\.\\./)+(platform/)?${name}/(?!index\\.js$)`,
  message: `Import from ${name}/index.js.`,
});
const notAtAll = (name, from) => ({
  regex: `^(\\.\\./)+(platform/)?${name}/`,
  message: `${from} imports nothing of ${name}.`,
});

/** What storage itself stands on. */
const BELOW_STORAGE = ['async', 'config', 'errors', 'lifecycle', 'postgres-url'];

export default defineConfig(
  globalIgnores([
    'dist',
    'static/dashboard',
    'data',
    'coverage',
    'node_modules',
    'src/client/schema.ts',
    'test/clients/typescript',
  ]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      // Nothing that comes from outside is ever run.
      'no-eval': 'error',
      'no-new-func': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      // Nest's modules and controllers are classes that hold nothing but decorators.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Options of libraries are plain objects, whatever class their types name.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // Configuration is read once, in src/platform/config, and injected from there.
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Inject Settings instead of reading the environment.',
        },
      ],
    },
  },
  {
    // A module is imported through its index, never by a deep path.
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          // Tests of teams use it, and nothing that runs.
          patterns: modules.map((name) =>
            name === 'testing' ? notAtAll(name, 'the server') : throughIndex(name),
          ),
        },
      ],
    },
  },
  {
    // The ground floor: everybody builds on storage, and it on nothing of what stands above it.
    files: ['src/storage/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: modules
            .filter((name) => name !== 'storage')
            .map((name) => (BELOW_STORAGE.includes(name) ? throughIndex(name) : notAtAll(name, 'storage'))),
        },
      ],
    },
  },
  {
    // What all rooms use knows of none of them, but of the tables.
    files: ['src/platform/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: modules.map((name) =>
            rooms.includes(name) && name !== 'storage' ? notAtAll(name, 'platform') : throughIndex(name),
          ),
        },
      ],
    },
  },
  {
    // They are a part of storage, which runs them, and know what it knows of the tables.
    files: ['src/migrations/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(\\.\\./)+(?!storage/schema/index\\.js$)',
              message: 'Import from storage/schema/index.js alone.',
            },
          ],
        },
      ],
    },
  },
  {
    files: [
      'src/platform/config/**',
      'src/platform/postgres-url/**',
      'src/preflight.mjs',
      'test/**',
      'bench/**',
      'examples/**',
      '*.config.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // They build on the package, which is the source next to them here.
    files: ['examples/**/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: './examples/tsconfig.json' } },
  },
  {
    files: ['examples/*/page/**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { document: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly' },
      parserOptions: { projectService: false },
    },
  },
  // What goes to a worker is named where it is sent, so that both sides agree.
  { files: ['bench/**'], rules: { '@typescript-eslint/no-unnecessary-type-parameters': 'off' } },
  {
    files: ['**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { URL: 'readonly', console: 'readonly', process: 'readonly' } },
    rules: { 'no-implied-eval': 'error' },
  },
);
