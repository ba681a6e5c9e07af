import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findAddress, run, stage } from './stage'

const HELP = `Usage: npm run release -w onecount -- [--pack <folder>] [-- <arguments of npm publish>]

Publishes the package with npm, with the address of its sources in package.json (repository, homepage, bugs): that of the
GitHub workflow which runs this (GITHUB_SERVER_URL, GITHUB_REPOSITORY), else the public https or ssh address of the git
remote "origin". Without such an address nothing is published.

  --pack <folder>  only writes the tarball there, and prints its path; without an address it names none
  --help           this text
`
const NO_ADDRESS = `No public address of the sources is known, so that package.json would name no repository. Nothing was
published. Add the address from which everybody can clone this repository (git remote add origin https://…), or run this in
a GitHub workflow. npm run release -w onecount -- --pack <folder> makes the tarball without it.
`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { pack: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const address = await findAddress(process.env)
  if (!address && values.pack === undefined) {
    process.stderr.write(NO_ADDRESS)
    return 1
  }
  if (values.pack === undefined) await stage(address, folder => publish(folder, positionals))
  // npm runs this in the folder of the package; INIT_CWD is where it was called.
  else await stage(address, folder => pack(folder, resolve(process.env.INIT_CWD ?? '.', values.pack!)))
  return 0
}

async function publish(folder: string, args: string[]): Promise<void> {
  const { stdout, stderr } = await run('npm', ['publish', ...args], { cwd: folder })
  process.stderr.write(stderr)
  process.stdout.write(stdout)
}

async function pack(folder: string, destination: string): Promise<void> {
  await mkdir(destination, { recursive: true })
  const args = ['pack', '--silent', '--pack-destination', destination]
  const { stdout } = await run('npm', args, { cwd: folder })
  process.stdout.write(`${join(destination, stdout)}`)
}

process.exitCode = await main().catch(error => {
  process.stderr.write(error.stderr || `${error.message}\n`)
  return 2
})
