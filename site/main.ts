import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const HELP = `Usage: npm run docs [-- --serve | --dev]

Builds the site of docs/ into site/dist. What builds it is installed into site/node_modules first, where it is not there.

  --serve   build it, and serve what was built
  --dev     serve the pages as they are, and anew with each change
  --help    this text

DOCS_BASE: the path that the site will have at its address (/).
Exit code: 0 done, 1 a page or a link is wrong, 2 wrong usage.
`

const HERE = import.meta.dirname
const LOCK = join(HERE, 'package-lock.json')
/** The lock that node_modules was installed from. */
const INSTALLED = join(HERE, 'node_modules/.installed-lock.json')

function run(program: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: HERE, stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', code => resolve(code ?? 1))
    // Ctrl-C reaches the child too, which ends by itself.
    process.on('SIGINT', () => {})
  })
}

const isInstalled = () =>
  existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === readFileSync(LOCK, 'utf8')

async function install(): Promise<number> {
  if (isInstalled()) return 0
  const code = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  if (code === 0) writeFileSync(INSTALLED, readFileSync(LOCK))
  return code
}

const vitepress = (command: string) => run(join(HERE, 'node_modules/.bin/vitepress'), [command, '.'])

async function main({ serve, dev }: { serve?: boolean; dev?: boolean }): Promise<number> {
  const installed = await install()
  if (installed !== 0) return installed
  if (dev) return vitepress('dev')
  const built = await vitepress('build')
  return built === 0 && serve ? vitepress('preview') : built
}

try {
  const { values } = parseArgs({
    options: { serve: { type: 'boolean' }, dev: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) process.stdout.write(HELP)
  else process.exitCode = await main(values)
} catch (error) {
  if (!(error instanceof TypeError && 'code' in error)) throw error
  console.error(`${error.message}\n\n${HELP}`)
  process.exitCode = 2
}
