import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Application } from './application'

/** A file of the application. */
export interface Found {
  /** From the root of the application. */
  path: string
  text: string
}

const SCRIPTS = ['ts', 'tsx', 'js', 'jsx', 'mjs']

/** The file of this name, whatever its ending: `proxy` finds `proxy.ts` and `proxy.js`. */
export function findScript({ root }: Application, ...names: string[]): Found | null {
  for (const path of names.flatMap(name => SCRIPTS.map(ending => `${name}.${ending}`)))
    if (existsSync(join(root, path))) return { path, text: readFileSync(join(root, path), 'utf8') }
  return null
}

/** A route handler, and where it answers. */
export interface Route extends Found {
  /** As folders name it, without groups: `/api/[[...path]]`. */
  address: string
}

/** The route handlers of the application. */
export function findRoutes({ root, base }: Application): Route[] {
  const app = join(root, base, 'app')
  return readdirSync(app, { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => /(^|\/)route\.(ts|tsx|js|jsx)$/.test(path))
    .map(path => ({
      path: `${base}app/${path}`,
      address: `/${path}`.replace(/\/route\.\w+$/, '').replace(/\/\([^)/]+\)/g, ''),
      text: readFileSync(join(app, path), 'utf8'),
    }))
}

const isOurs = ({ text }: Route): boolean => /\.handlers\b/.test(text) && /onecount/.test(text)

/** What onecount has below its base path. */
const ADDRESSES = ['likes', 'kinds', 'health', 'drain']

/** Where the API is mounted, and the route that does it, if there is one. */
export interface Mount {
  basePath: string
  route: Route | null
}

/** Where the API is mounted: where an earlier run put it, else at `/api`, else beside what answers there already. */
export function findMount(application: Application): Mount {
  const routes = findRoutes(application)
  const ours = routes.find(isOurs)
  if (ours) return { basePath: ours.address.replace(/\/(\[\[?\.\.\.[^/]*|likes.*)$/, ''), route: ours }
  const isTaken =
    routes.some(
      ({ address }) =>
        /^\/api\/\[/.test(address) || ADDRESSES.some(name => `${address}/`.startsWith(`/api/${name}/`)),
    ) || hasPagesCatchAll(application)
  return { basePath: isTaken ? '/api/onecount' : '/api', route: null }
}

/** Next refuses two catch-alls at one address, one of them in `pages`. */
function hasPagesCatchAll({ root, base }: Application): boolean {
  const folder = join(root, base, 'pages/api')
  return existsSync(folder) && readdirSync(folder).some(name => name.startsWith('['))
}
