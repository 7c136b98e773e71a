export const SYSTEM_NODE_MIN: string;
export const APP_NODE_MIN: string;
export function compareVersions(a: string, b: string): number;
export function nodeTooOld(version: string): string | undefined;
export function chooseNode(where: { root: string; platform: string; arch: string; running: string }): {
  path?: string;
  message: string;
};
