import * as nodeModule from 'node:module'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { OnecountError } from '../core/errors'
import { MissingSetting } from './settings'
import type { HookData } from './typescript-hooks'

/** Of a Node older than 22.18, which reads no TypeScript, and of newer ones for syntax such as `enum`. */
const NOT_READ = ['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX']

/**
 * Imports a module of the application by its full path. Where this Node cannot read TypeScript, the `typescript` that
 * the application has installed takes the types out. @throws MissingSetting where neither can
 */
export async function importModule(path: string): Promise<unknown> {
  const { href } = pathToFileURL(path)
  if (path.endsWith('.ts')) readAsModule(href)
  try {
    return await import(href)
  } catch (error) {
    if (!NOT_READ.includes(String((error as { code?: unknown }).code))) throw named(path, error)
  }
  registerCompiler(path)
  // Another address: Node keeps the failure of the first one.
  return await import(`${href}?transpiled`).catch(error => {
    throw named(path, error)
  })
}

/** What the module throws by itself says nothing of the file. The engine's own errors are named by their fields. */
const named = (path: string, error: unknown): unknown =>
  error instanceof OnecountError || error instanceof MissingSetting
    ? error
    : new MissingSetting(
        `${basename(path)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        { setting: basename(path), fix: `correct ${basename(path)}` },
      )

/** Of Node 22.15 and newer, which the types of Node 20 do not know. */
const { registerHooks } = nodeModule as unknown as {
  registerHooks?(hooks: {
    load(url: string, context: object, nextLoad: (url: string, context: object) => object): object
  }): void
}

/** As bundlers read it, whatever the `type` of package.json: Node would warn, or take it for CommonJS. */
function readAsModule(href: string): void {
  if (!(process.features as { typescript?: unknown }).typescript) return
  registerHooks?.({
    load: (url, context, nextLoad) =>
      nextLoad(url, url === href ? { ...context, format: 'module-typescript' } : context),
  })
}

function registerCompiler(path: string): void {
  try {
    const data: HookData = { compiler: nodeModule.createRequire(path).resolve('typescript') }
    nodeModule.register(new URL('./typescript-hooks.js', import.meta.url), { data })
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    const cause =
      code === 'MODULE_NOT_FOUND'
        ? 'This Node cannot read TypeScript, and typescript is not installed'
        : message
    throw new MissingSetting(
      `${cause}: npm install --save-dev typescript@5, use Node 22.18 or newer, or rename ${basename(path)} to .mjs`,
    )
  }
}
