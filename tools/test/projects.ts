import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folders of all projects that have tests: `apps/leads`, `libs/kernel`, `tools`. */
export function testedFolders(root: string): string[] {
  return globSync(['{apps,libs}/*/jest.config.mjs', 'tools/jest.config.mjs'], { cwd: root })
    .map(dirname)
    .sort();
}

/**
 * The folders of the projects that somebody names, each by its folder or the last part of it (`apps/leads`, `leads`).
 * @throws Error when there is no such folder
 */
export function foldersOf(root: string, names: string): string[] {
  const folders = testedFolders(root);
  return names.split(',').map((name) => {
    const folder = folders.find((folder) => folder === name || folder.endsWith(`/${name}`));
    if (!folder)
      throw new Error(
        `There is no project "${name}" with tests. Fix: name a folder of apps/ or libs/, or "tools".`,
      );
    return folder;
  });
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
