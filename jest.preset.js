// Shared by every project's jest.config.mjs: ESM all the way, SWC for decorators, sources instead of builds.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const swc = JSON.parse(readFileSync(new URL('.swcrc', import.meta.url), 'utf8'));
delete swc.$schema;

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  resolver: fileURLToPath(new URL('jest.resolver.cjs', import.meta.url)),
  testEnvironmentOptions: { customExportConditions: ['leadwire-source', 'node'] },
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc, sourceMaps: 'inline' }] },
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  setupFilesAfterEnv: [fileURLToPath(new URL('tools/jest/properties.mjs', import.meta.url))],
  testTimeout: 30_000,
  passWithNoTests: false,
};
