import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { MissingSetting } from '../settings'

/** `onecount/next` needs its `proxy.ts`. */
const OLDEST_NEXT = 16

/** A Next.js application with the app router. */
export interface Application {
  root: string
  /** What stands before `app/`, `proxy.ts` and `instrumentation.ts`. */
  base: '' | 'src/'
  isTypeScript: boolean
  /** Names of package.json, development dependencies too. */
  dependencies: ReadonlySet<string>
}

/** @throws MissingSetting where the folder has no application that onecount can be mounted in */
export function findApplication(root: string): Application {
  const file = join(root, 'package.json')
  if (!existsSync(file))
    throw new MissingSetting('package.json is not here: run this in the folder of your Next.js application')
  const dependencies = dependenciesOf(file)
  if (!dependencies.has('next'))
    throw new MissingSetting(
      'next is not in package.json: run this in the folder of your Next.js application',
    )
  const version = installedNext(file)
  if (version && Number.parseInt(version, 10) < OLDEST_NEXT)
    throw new MissingSetting(`next ${version} is too old: npm install next@latest, version 16 or newer`)
  // As Next does, which takes `app` of the root before that of `src`.
  const base = (['', 'src/'] as const).find(folder => existsSync(join(root, folder, 'app')))
  if (base === undefined)
    throw new MissingSetting('there is no app folder: onecount/next needs the app router, in app or src/app')
  return { root, base, isTypeScript: existsSync(join(root, 'tsconfig.json')), dependencies }
}

function dependenciesOf(file: string): Set<string> {
  let manifest: Record<string, object | undefined>
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new MissingSetting(`package.json cannot be read (${(error as Error).message}): it must be JSON`)
  }
  return new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
}

/** Null where it is not installed yet. */
function installedNext(file: string): string | null {
  try {
    return createRequire(file)('next/package.json').version
  } catch {
    return null
  }
}
