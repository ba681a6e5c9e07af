import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { findPostgresBin } from '@onecount/dev-stack/find-postgres'
import { findProgram } from '@onecount/dev-stack/process'
import { findRedisServer } from '@onecount/dev-stack/redis-server'
import { findChromium } from './find-chromium'

export type PackageId = 'redis' | 'postgres' | 'chromium'

export interface SystemPackage {
  readonly id: PackageId
  readonly name: string
  readonly apt: string
  readonly brew: string
  find(): string | undefined
}

export const PACKAGES: readonly SystemPackage[] = [
  {
    id: 'redis',
    name: 'redis-server (or valkey-server)',
    apt: 'redis-server',
    brew: 'redis',
    find: findRedisServer,
  },
  {
    id: 'postgres',
    name: 'PostgreSQL 14 or newer (initdb, postgres)',
    apt: 'postgresql',
    brew: 'postgresql@17',
    find: () => findPostgresBin(),
  },
  {
    id: 'chromium',
    name: 'Chromium or Chrome',
    apt: 'chromium',
    brew: '--cask chromium',
    find: findChromium,
  },
]

/** How packages get onto this machine. `run` prefixes the command where that needs no password. */
export type Installer =
  | { readonly kind: 'apt'; readonly prefix: readonly string[] | undefined }
  | { readonly kind: 'brew' }
  | { readonly kind: 'other' }

/** Packages that the tests need and the system lacks. */
export function missingPackages(): SystemPackage[] {
  return PACKAGES.filter(({ find }) => find() === undefined)
}

export function detectInstaller(): Installer {
  if (process.platform === 'darwin') return { kind: 'brew' }
  if (!isDebianLike(readOsRelease()) || !findProgram(['apt-get'])) return { kind: 'other' }
  if (process.getuid?.() === 0) return { kind: 'apt', prefix: [] }
  const passwordless =
    findProgram(['sudo']) && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
  return { kind: 'apt', prefix: passwordless ? ['sudo', '-n'] : undefined }
}

/** The commands that install `missing` without a question, or undefined where only a person can do it. */
export function installCommands(
  missing: readonly SystemPackage[],
  installer: Installer,
): string[][] | undefined {
  if (installer.kind !== 'apt' || !installer.prefix) return undefined
  const apt = [...installer.prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  return [
    [...apt, 'update', '-qq'],
    [...apt, 'install', '-y', '-qq', '--no-install-recommends', ...missing.map(({ apt }) => apt)],
  ]
}

/** What a person has to type, or to look for, on this system. */
export function installAdvice(missing: readonly SystemPackage[], installer: Installer): string {
  const list = missing.map(({ name }) => `  - ${name}`).join('\n')
  const sudo = installer.kind === 'apt' && installer.prefix?.length === 0 ? '' : 'sudo '
  const advice = {
    apt: `  ${sudo}apt-get update && ${sudo}apt-get install -y ${missing.map(({ apt }) => apt).join(' ')}`,
    brew: missing.map(({ brew }) => `  brew install ${brew}`).join('\n'),
    other: [
      '  Put redis-server, initdb and postgres on PATH with your package manager',
      '  (Fedora: dnf install redis postgresql-server chromium; Alpine: apk add redis postgresql chromium).',
      '  Chromium also comes with: npx playwright install --with-deps chromium; or set CHROMIUM_PATH.',
    ].join('\n'),
  }[installer.kind]
  return `The tests need what this machine does not have:\n${list}\n\nInstall with:\n${advice}\n`
}

/**
 * Makes sure that everything is there, installing it where no password is asked.
 *
 * @returns undefined, or what to tell the person
 */
export function ensureSystemPackages(log: (line: string) => void): string | undefined {
  let missing = missingPackages()
  if (missing.length === 0) return undefined
  const installer = detectInstaller()
  for (const command of installCommands(missing, installer) ?? []) {
    log(`$ ${command.join(' ')}`)
    const { status } = spawnSync(command[0]!, command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] })
    if (status !== 0) break
  }
  missing = missingPackages()
  return missing.length > 0 ? installAdvice(missing, installer) : undefined
}

/** Whether `/etc/os-release` describes Debian or something made from it. */
export function isDebianLike(osRelease: string): boolean {
  return /^ID(?:_LIKE)?=.*\b(?:debian|ubuntu)\b/m.test(osRelease)
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}
