import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { renderKindTemplate, renderLocksTemplate, renderUninstallTemplate } from './kind-template'
import { buildScripts, renderScripts } from './lua-scripts'
import { openapiDocument } from './openapi/document'
import { renderJson } from './openapi/render'
import { formatProblem, type Problem } from './source'
import { buildMigrations, isGeneratedMigration, renderSupabaseMigration } from './sql-migrations'

const HELP = `Usage: npm run generate [-- --check]

Checks every Lua script against its header and writes what is generated from sources:

  packages/onecount/lua/*.lua   ->  packages/onecount/src/redis/scripts.generated.ts
  packages/onecount/sql/*.sql   ->  supabase/migrations/<stamp>_onecount_<name>.sql
  packages/onecount/sql/kind/*.sql  ->  packages/onecount/src/postgres/kind-template.generated.ts
  packages/onecount/sql/uninstall/*.sql  ->  packages/onecount/src/postgres/uninstall-template.generated.ts
  packages/onecount/sql/locks/*.sql  ->  packages/onecount/src/postgres/locks-template.generated.ts
  packages/onecount/scripts/openapi/*.ts  ->  docs/openapi.json
  docstrings of packages/onecount/src, --help of the command  ->  docs/reference/*.md

  --check   write nothing; exit 1 and name the files that are not up to date
  --help    this text

Exit code: 0 done, 1 mistakes in sources or stale files, 2 wrong usage.
`

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const PACKAGE = 'packages/onecount'
const MIGRATIONS = 'supabase/migrations'
const REFERENCE = 'docs/reference'

/** The files of a folder that end with `extension`, by path from the root, in the order of their names. */
function readFolder(folder: string, extension: string): Map<string, string> {
  const names = existsSync(resolve(root, folder)) ? readdirSync(resolve(root, folder)).sort() : []
  return new Map(
    names
      .filter(name => name.endsWith(extension))
      .map(name => [`${folder}/${name}`, readFileSync(resolve(root, folder, name), 'utf8')]),
  )
}

const packageVersion = (): string =>
  (JSON.parse(readFileSync(resolve(root, PACKAGE, 'package.json'), 'utf8')) as { version: string }).version

/** What every generated file should contain; `undefined` for a file that should not be there. */
function expectedFiles(): { files: Map<string, string | undefined>; problems: Problem[] } {
  const lua = buildScripts(
    readFolder(`${PACKAGE}/lua`, '.lua'),
    readFolder(`${PACKAGE}/lua/includes`, '.lua'),
  )
  const sql = buildMigrations(readFolder(`${PACKAGE}/sql`, '.sql'))
  const files = new Map<string, string | undefined>()
  for (const [path, text] of readFolder(MIGRATIONS, '.sql')) {
    if (isGeneratedMigration(text)) files.set(path, undefined)
  }
  for (const migration of sql.migrations) {
    files.set(`${MIGRATIONS}/${migration.fileName}`, renderSupabaseMigration(migration))
  }
  files.set(`${PACKAGE}/src/redis/scripts.generated.ts`, renderScripts(lua.scripts))
  files.set(
    `${PACKAGE}/src/postgres/kind-template.generated.ts`,
    renderKindTemplate(readFolder(`${PACKAGE}/sql/kind`, '.sql'), packageVersion()),
  )
  files.set(
    `${PACKAGE}/src/postgres/uninstall-template.generated.ts`,
    renderUninstallTemplate(readFolder(`${PACKAGE}/sql/uninstall`, '.sql')),
  )
  files.set(
    `${PACKAGE}/src/postgres/locks-template.generated.ts`,
    renderLocksTemplate(readFolder(`${PACKAGE}/sql/locks`, '.sql')),
  )
  files.set('docs/openapi.json', renderJson(openapiDocument(packageVersion())))
  return { files, problems: [...lua.problems, ...sql.problems] }
}

/** The reference, and `undefined` for a page of it that should not be there. It is read from what is generated before. */
async function expectedReference(): Promise<Map<string, string | undefined>> {
  const { referenceFiles } = await import('./reference/files')
  const pages = [...(await referenceFiles(packageVersion()))].map(
    ([file, text]) => [`${REFERENCE}/${file}`, text] as const,
  )
  const present = [...readFolder(REFERENCE, '.md').keys()].map(path => [path, undefined] as const)
  return new Map<string, string | undefined>([...present, ...pages])
}

function isCurrent(path: string, text: string | undefined): boolean {
  const full = resolve(root, path)
  return text === undefined ? !existsSync(full) : existsSync(full) && readFileSync(full, 'utf8') === text
}

async function main(check: boolean): Promise<number> {
  const { files, problems } = expectedFiles()
  if (problems.length > 0) {
    for (const problem of problems) console.error(formatProblem(problem))
    return 1
  }

  const areCurrent = await bring(files, check)
  const isReferenceCurrent = await bring(await expectedReference(), check)
  return areCurrent && isReferenceCurrent ? 0 : 1
}

/** Writes what is stale; with `check` it names that, and answers whether nothing is. */
async function bring(files: Map<string, string | undefined>, check: boolean): Promise<boolean> {
  const stale = [...files].filter(([path, text]) => !isCurrent(path, text))
  if (check) {
    for (const [path] of stale) console.error(`${path} is stale: run \`npm run generate\``)
    return stale.length === 0
  }
  for (const [path, text] of stale) {
    const full = resolve(root, path)
    if (text === undefined) await rm(full)
    else {
      await mkdir(dirname(full), { recursive: true })
      await writeFile(full, text)
    }
    console.log(`${text === undefined ? 'removed' : 'wrote'} ${relative(process.cwd(), full)}`)
  }
  return true
}

try {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } })
  if (values.help) process.stdout.write(HELP)
  else process.exitCode = await main(values.check ?? false)
} catch (error) {
  if (!(error instanceof TypeError && 'code' in error)) throw error
  console.error(`${error.message}\n\n${HELP}`)
  process.exitCode = 2
}
