/** Whether a path, with its query or without, is of the API. */
export const isBelow = (basePath: string, path: string): boolean =>
  path.startsWith(basePath) && /^([/?#]|$)/.test(path.slice(basePath.length))
