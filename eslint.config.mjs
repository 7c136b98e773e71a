import eslint from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const libs = ['kernel', 'contracts', 'security', 'messaging', 'entitlements', 'persistence', 'platform'];
const tag = (name) => `type:${name}`;
/** Which rooms may be entered from which: an app from no other app, a library only from those above it. */
const boundaries = [
  { sourceTag: tag('app'), onlyDependOnLibsWithTags: [...libs, 'testing'].map(tag) },
  { sourceTag: tag('kernel'), onlyDependOnLibsWithTags: [] },
  { sourceTag: tag('contracts'), onlyDependOnLibsWithTags: ['kernel'].map(tag) },
  { sourceTag: tag('security'), onlyDependOnLibsWithTags: ['kernel'].map(tag) },
  {
    sourceTag: tag('messaging'),
    onlyDependOnLibsWithTags: ['kernel', 'contracts', 'security', 'testing'].map(tag),
  },
  {
    sourceTag: tag('entitlements'),
    onlyDependOnLibsWithTags: ['kernel', 'contracts', 'security', 'messaging', 'testing'].map(tag),
  },
  {
    sourceTag: tag('persistence'),
    onlyDependOnLibsWithTags: ['kernel', 'contracts', 'security', 'messaging', 'testing'].map(tag),
  },
  { sourceTag: tag('platform'), onlyDependOnLibsWithTags: [...libs, 'testing'].map(tag) },
  { sourceTag: tag('testing'), onlyDependOnLibsWithTags: libs.map(tag) },
];

export default defineConfig(
  globalIgnores([
    '**/dist/**',
    '**/node_modules/**',
    '.data/**',
    '.nx/**',
    'coverage/**',
    'apps/sandbox/page/**',
  ]),
  eslint.configs.recommended,
  tseslint.configs.recommended,
  {
    plugins: { '@nx': nx },
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'fetch',
          'performance',
          'AbortSignal',
          'AbortController',
          'TextDecoder',
          'URLSearchParams',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          // The tools load what is compiled once they have compiled it.
          checkDynamicDependenciesExceptions: ['.*'],
          // What starts services in specs also stands on the libraries that have such specs.
          ignoredCircularDependencies: ['persistence', 'entitlements', 'platform'].map((lib) => [
            '@leadwire/testing',
            `@leadwire/${lib}`,
          ]),
          allow: ['../../jest.preset.js', '../jest.preset.js'],
          depConstraints: boundaries,
        },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['apps/**/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: ['libs/testing/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        { paths: [{ name: '@leadwire/testing', message: 'Only tests use the test harness.' }] },
      ],
    },
  },
  // Journeys start whole platforms with the same tools that `npm start` and `npm run demo` use.
  { files: ['apps/e2e/**'], rules: { '@nx/enforce-module-boundaries': 'off' } },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs', globals: { module: 'writable' } } },
  { files: ['**/*.mjs', 'jest.preset.js', '**/jest.config.mjs'], rules: { 'no-restricted-exports': 'off' } },
  prettier,
);
