import { readFile } from 'node:fs/promises'
import { createRequire, type LoadHook } from 'node:module'
import { fileURLToPath } from 'node:url'

/** What `importModule` tells these hooks. They run in a thread of their own. */
export interface HookData {
  /** The file of the `typescript` that the application has installed. */
  compiler: string
}

let compiler: Pick<typeof import('typescript'), 'transpileModule' | 'ModuleKind' | 'ScriptTarget'>

/** @throws Error where that `typescript` has no interface for programs, as version 7 */
export function initialize(data: HookData): void {
  compiler = createRequire(import.meta.url)(data.compiler)
  if (typeof compiler.transpileModule !== 'function')
    throw new Error('This Node cannot read TypeScript, and the installed typescript has no transpileModule')
}

/** Takes the types out of TypeScript; checks none. */
export const load: LoadHook = async (url, context, nextLoad) => {
  if (!/\.m?ts(\?|$)/.test(url)) return nextLoad(url, context)
  const fileName = fileURLToPath(url)
  const { outputText } = compiler.transpileModule(await readFile(fileName, 'utf8'), {
    fileName,
    compilerOptions: { module: compiler.ModuleKind.ESNext, target: compiler.ScriptTarget.ES2022 },
  })
  return { format: 'module', source: outputText, shortCircuit: true }
}
