import { existsSync, readFileSync } from 'node:fs';
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

/** Whether the graph that Nx left behind knows that projects import others. */
export function projectsAreConnected(root: string): boolean {
  const graph = join(root, '.nx', 'workspace-data', 'project-graph.json');
  const { dependencies } = JSON.parse(readFileSync(graph, 'utf8')) as {
    dependencies: Record<string, { target: string }[]>;
  };
  return Object.entries(dependencies).some(
    ([project, imported]) =>
      !project.startsWith('npm:') && imported.some(({ target }) => !target.startsWith('npm:')),
  );
}
