// Lets Node itself load our TypeScript sources: compiled by SWC on the way in, since Nest's injection needs the decorator metadata that
// Node's own type stripping drops. Preloaded into the test process by `--import`.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const { $schema: _, ...swc } = JSON.parse(readFileSync(new URL('../../.swcrc', import.meta.url), 'utf8'));

/** Our sources import each other as they are called once compiled (`./x.js`); here they are `./x.ts`. */
const COMPILED = /^\.{1,2}\/.*\.js$/;

const pathOf = (url) => fileURLToPath(url.replace(/\?.*$/, ''));
const isOurs = (url) =>
  url?.startsWith('file:') && /\.ts(\?.*)?$/.test(url) && !url.includes('/node_modules/');

registerHooks({
  resolve(specifier, context, next) {
    if (!COMPILED.test(specifier) || !isOurs(context.parentURL)) return next(specifier, context);
    try {
      return next(specifier.replace(/\.js$/, '.ts'), context);
    } catch {
      return next(specifier, context);
    }
  },
  load(url, context, next) {
    if (!isOurs(url)) return next(url, context);
    const filename = pathOf(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      ...swc,
      filename,
      sourceFileName: filename,
      sourceMaps: 'inline',
      configFile: false,
      swcrc: false,
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
