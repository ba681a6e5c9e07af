import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/define'
import type { Kind } from '../../core/kind'
import { CONFIG_FILES } from '../config'
import type { Application } from './application'
import { configText } from './config-file'
import type { Mapping } from './mapping'
import { type Found, findMount, findScript, type Mount } from './mounts'
import { serverText, takesVisitors } from './server-file'
import { INSTRUMENTATION, PROXY, routeText, type Template } from './templates'

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
  const all = Object.values(kinds)
  const mount = findMount(application)
  return [
    planOnecount(application, mount, all, isSupabase),
    planRoute(application, mount),
    ...(all.some(takesVisitors) ? [planScript(application, 'proxy', PROXY, 'middleware')] : []),
    planScript(application, 'instrumentation', INSTRUMENTATION),
  ]
}

function planOnecount(application: Application, mount: Mount, kinds: Kind[], isSupabase: boolean): Planned {
  const { base, isTypeScript } = application
  const config = `${base && '.'}./onecount.config${isTypeScript ? '' : '.mjs'}`
  const text = serverText(application, { kinds, basePath: mount.basePath, config, isSupabase })
  const planned = planScript(application, 'onecount', { text, needs: /\bonecountNext\(/, add: text })
  // The application has it elsewhere, and its route says where.
  const from = mount.route && /from ['"]([^'"]*onecount[^'"]*)['"]/.exec(mount.route.text)?.[1]
  const isElsewhere = from && !/^[./]*onecount$/.test(from)
  return planned.state === 'write' && isElsewhere ? { ...planned, path: from, state: 'kept' } : planned
}

function planRoute({ base, isTypeScript }: Application, { basePath, route }: Mount): Planned {
  const path = `${base}app${basePath}/[[...path]]/route.${isTypeScript ? 'ts' : 'js'}`
  const up = '../'.repeat(path.slice(base.length).split('/').length - 1)
  const text = routeText(up)
  return plan(path, { text, needs: /\.handlers\b/, add: text }, route)
}

/** A file beside the folder `app`, also where the application has it under another name. */
function planScript(
  application: Application,
  name: string,
  template: Template,
  ...others: string[]
): Planned {
  const { base, isTypeScript } = application
  const there = findScript(application, ...[name, ...others].map(other => base + other))
  return plan(`${base}${name}.${isTypeScript ? 'ts' : 'js'}`, template, there)
}

function plan(path: string, { text, needs, add }: Template, there: Found | null): Planned {
  if (!there) return { path, text, state: 'write' }
  if (there.text === text) return { path: there.path, text, state: 'unchanged' }
  if (needs.test(there.text)) return { path: there.path, text, state: 'kept' }
  return { path: there.path, text, state: 'lacks', add }
}
