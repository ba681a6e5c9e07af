import { createRequire, register } from 'node:module'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
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
  try {
    return await import(href)
  } catch (error) {
    if (!NOT_READ.includes(String((error as { code?: unknown }).code))) throw error
    registerHooks(path)
    // Another address: Node keeps the failure of the first one.
    return await import(`${href}?transpiled`)
  }
}

function registerHooks(path: string): void {
  try {
    const data: HookData = { compiler: createRequire(path).resolve('typescript') }
    register(new URL('./typescript-hooks.js', import.meta.url), { data })
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
