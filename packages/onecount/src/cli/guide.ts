import { readFileSync } from 'node:fs'

interface Manifest {
  homepage?: string
}

/**
 * Where a guide of `docs` is: the package does not carry them. A published one knows the address of its sources.
 * @param name without `.md`
 */
export function guide(name: string): string {
  const manifest = new URL('../../package.json', import.meta.url)
  const { homepage } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest
  const path = `docs/${name}.md`
  return homepage
    ? `${homepage.replace(/#.*/, '')}/blob/HEAD/${path}`
    : `${path} in the repository of onecount`
}
