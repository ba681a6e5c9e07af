// Builds the package when it is installed from its repository. An installation without development dependencies has no
// compiler, and needs none: the application is built from the sources of the package.
import { createRequire } from 'node:module'

const { resolve } = createRequire(import.meta.url)

function isInstalled(name) {
  try {
    return Boolean(resolve(name))
  } catch {
    return false
  }
}

if (['tsx', 'typescript'].every(isInstalled)) {
  const { tsImport } = await import('tsx/esm/api')
  const { buildPackage } = await tsImport('./build.ts', import.meta.url)
  await buildPackage()
}
