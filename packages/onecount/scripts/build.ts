import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = resolve(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
/** Says which sources `dist` was made of; not part of the package. */
const STAMP = '.sources'

/** Writes `dist` unless it is there and made of the present sources. @returns whether it was written */
export async function buildPackage(): Promise<boolean> {
  const sources = hashSources()
  const stamp = join(DIST, STAMP)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return false

  // The compiler takes a while to load.
  const [{ emit }, { dropDeclarations }] = await Promise.all([import('./emit'), import('./declarations')])
  // Beside it, then in its place: a process that starts meanwhile finds a whole package.
  const outDir = `${DIST}.${process.pid}`
  try {
    emit(resolve(ROOT, '../../tsconfig.json'), { entries: entries(), rootDir: join(ROOT, 'src'), outDir })
    dropDeclarations(outDir, exported('types'))
    await bundleElement(outDir)
    writeFileSync(join(outDir, STAMP), sources)
    rmSync(DIST, { recursive: true, force: true })
    renameSync(outDir, DIST)
  } finally {
    rmSync(outDir, { recursive: true, force: true })
  }
  return true
}

/** Paths in `dist` of what package.json exports. */
function exported(condition: 'default' | 'types'): string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return Object.values<Record<string, string>>(exports)
    .flatMap(target => target[condition] ?? [])
    .map(file => file.replace('./dist/', ''))
}

/**
 * The sources of everything that package.json exports, of the command, of the hooks that it registers by address, and
 * of the peers in plain Node.
 */
function entries(): string[] {
  const inNode = readdirSync(join(ROOT, 'src/peers/node')).map(name => `peers/node/${name}`)
  const all = [...exported('default'), 'cli/main.js', 'cli/typescript-hooks.js', ...inNode]
  return all.map(file => join(ROOT, 'src', file.replace(/\.js$/, '.ts')))
}

/** `onecount/element` as one minified file without imports, in the place of the module that only names it. */
async function bundleElement(outDir: string): Promise<void> {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [join(ROOT, 'src/element/bundle.ts')],
    outfile: join(outDir, 'element/bundle.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'error',
  })
}

function hashSources(): string {
  const hash = createHash('sha256')
  const folders = ['src', 'scripts'].flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(path => join(folder, path)),
  )
  const files = folders.filter(path => /\.tsx?$/.test(path) && !path.includes('.test.')).sort()
  for (const path of [...files, 'package.json', '../../tsconfig.json'])
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0')
  return hash.digest('hex')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPackage()
