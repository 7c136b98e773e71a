import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PLACES = ['apps', 'libs', '.'];

/**
 * The Nx project pattern for what a person calls a project: the name of its folder (`leads`, `kernel`, `tools`).
 * @throws Error when there is no such folder
 */
export function projectPattern(root: string, names: string): string {
  return names
    .split(',')
    .map((name) => {
      const place = PLACES.find((dir) => existsSync(join(root, dir, name, 'jest.config.mjs')));
      if (!place)
        throw new Error(
          `There is no project "${name}" with tests. Fix: name a folder of apps/ or libs/, or "tools".`,
        );
      return place === '.' ? name : `${place}/${name}`;
    })
    .join(',');
}
