import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/define'
import { CONFIG_FILES } from '../config'
import type { Application } from './application'
import { configText } from './config-file'
import type { Mapping } from './mapping'
import { findMount, findScript } from './mounts'
import { serverText, takesVisitors } from './server-file'

/** A file of the application, and what becomes of it. */
export interface Planned {
  /** From the root of the application. */
  path: string
  /** What is written where it is not there. */
  text: string
  /**
   * `write`: it is not there. `unchanged`: it is what would be written. `kept`: it is the application's own and has what
   * is needed. `lacks`: it is the application's own, and `add` is to be added by hand.
   */
  state: 'write' | 'unchanged' | 'kept' | 'lacks'
  /** Lines that it lacks. */
  add?: string
  /** Permissions. */
  mode?: number
}

/** The configuration that is there, if there is one. */
export const findConfigFile = (root: string): string | undefined =>
  CONFIG_FILES.find(name => existsSync(join(root, name)))

export const planConfig = ({ isTypeScript }: Application, mapping: Mapping): Planned => ({
  path: isTypeScript ? 'onecount.config.ts' : 'onecount.config.mjs',
  text: configText(mapping),
  state: 'write',
})

/** The files that mount onecount in Next.js. */
export function planServer(application: Application, { kinds }: Config, isSupabase: boolean): Planned[] {
  const { base, isTypeScript } = application
  const ending = isTypeScript ? 'ts' : 'js'
  const { basePath, route } = findMount(application)
  const config = `${base && '.'}./onecount.config${isTypeScript ? '' : '.mjs'}`
  const routePath = `${base}app${basePath}/[[...path]]/route.${ending}`
  const up = '../'.repeat(routePath.split('/').length - 1 - (base ? 1 : 0))
  const plan = (path: string, text: string, needs: RegExp, ...others: string[]): Planned =>
    planOne(
      path,
      text,
      needs,
      findScript(application, ...[path, ...others].map(name => name.replace(/\.\w+$/, ''))),
    )
  const server = plan(
    `${base}onecount.${ending}`,
    serverText(application, { kinds: Object.values(kinds), basePath, config, isSupabase }),
    /\bonecountNext\(/,
  )
  const elsewhere = route && /from ['"]([^'"]*onecount[^'"]*)['"]/.exec(route.text)?.[1]
  return [
    server.state === 'write' && elsewhere && !/^[./]*onecount$/.test(elsewhere)
      ? { ...server, path: elsewhere, state: 'kept' }
      : server,
    planOne(routePath, routeText(up), /\.handlers\b/, route),
    ...(Object.values(kinds).some(takesVisitors)
      ? [plan(`${base}proxy.${ending}`, PROXY, /\.withSession\(/, `${base}middleware.${ending}`)]
      : []),
    plan(`${base}instrumentation.${ending}`, INSTRUMENTATION, /\.register\(\)/),
  ]
}

function planOne(
  path: string,
  text: string,
  needs: RegExp,
  there: { path: string; text: string } | null,
): Planned {
  if (!there) return { path, text, state: 'write' }
  if (there.text === text) return { path: there.path, text, state: 'unchanged' }
  if (needs.test(there.text)) return { path: there.path, text, state: 'kept' }
  return { path: there.path, text, state: 'lacks', add: text }
}

const routeText = (up: string): string => `import { onecount } from '${up}onecount'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = onecount.handlers
`

const PROXY = `import { onecount } from './onecount'

export const proxy = onecount.withSession()

export const config = {
  matcher: [{ source: '/((?!api/|_next/|.*\\\\.\\\\w{2,5}$).*)', missing: [{ type: 'header', key: 'rsc' }] }],
}
`

const INSTRUMENTATION = `export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { onecount } = await import('./onecount')
  onecount.register()
}
`
