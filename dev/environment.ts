import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadEnvFile } from 'node:process'

/** Reads .env.local and .env as Next does: a variable that is set already wins. */
export function loadEnvFiles(root: string): void {
  for (const name of ['.env.local', '.env']) {
    const file = join(root, name)
    if (existsSync(file)) loadEnvFile(file)
  }
}
