import { readFile } from 'node:fs/promises'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** What publint and "are the types wrong" find in a tarball. */
export async function checkTarball(path: string): Promise<unknown[]> {
  const data = new Uint8Array(await readFile(path))
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: data.buffer as ArrayBuffer } })
  const result = await checkPackage(createPackageFromTarballData(data))
  if (!result.types) return ['The package has no types']
  const entries = Object.keys(result.entrypoints)
  if (!entries.includes('./react')) return [`of the entries only ${entries.join()} were found`]
  // Node 10's resolution knows no exports. A CommonJS program gets the ES module, as Node since 20.19 gives it.
  const isIgnored = (problem: (typeof result.problems)[number]) =>
    ('resolutionKind' in problem && problem.resolutionKind === 'node10') ||
    problem.kind === 'CJSResolvesToESM'
  return [
    ...messages.map(message => formatMessage(message, pkg!)),
    ...result.problems.filter(problem => !isIgnored(problem)),
  ]
}
