import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Config, defineConfig, type OnecountConfig } from '../config/define'
import { OnecountError } from '../core/errors'
import type { Kind } from '../core/kind'
import { importModule } from './import-module'
import { recheckConfig } from './recheck-config'
import {
  type KindOptions,
  MissingSetting,
  type StoreOptions,
  type StoreSettings,
  storeSettings,
  UsageError,
} from './settings'

export const CONFIG_FILES = ['onecount.config.ts', 'onecount.config.mjs', 'onecount.config.js']

/** Of every command that reads the configuration. */
export const CONFIG_OPTION = { config: { type: 'string' } } as const

export const CONFIG_HELP = `  --config FILE    the configuration, onecount.config.ts, .mjs or .js where left out; without one there is
                   the kind like on posts_new and post_ratings`

/**
 * The configuration of an application: the default export of `file`, else of onecount.config.* in `root`; without one
 * that of no configuration. @throws MissingSetting
 */
export async function readConfig(file?: string, root = process.cwd()): Promise<Config> {
  const path = file ?? CONFIG_FILES.find(name => existsSync(resolve(root, name)))
  if (path === undefined) return defineConfig({})
  const full = resolve(root, path)
  if (!existsSync(full))
    throw new MissingSetting(`${path} is not there: name your configuration with --config`, {
      setting: '--config',
    })
  if (statSync(full).isDirectory())
    throw new UsageError(`${path} is a folder: name your configuration with --config`, {
      setting: '--config',
    })
  return namingFile(path, async () => {
    const { default: exported } = (await importModule(full)) as { default?: unknown }
    const config =
      typeof exported === 'object' && exported && 'default' in exported ? exported.default : exported
    if (typeof config !== 'object' || config === null)
      throw new MissingSetting(`${path} exports nothing: export default defineConfig({ … })`, {
        setting: path,
      })
    return isChecked(config) ? recheckConfig(config) : defineConfig(config as OnecountConfig)
  })
}

/** @throws MissingSetting which names the file and the field: the engine's own error speaks to visitors of a server */
async function namingFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof OnecountError) || !error.options.detail) throw error
    const { field, detail } = error.options
    throw new MissingSetting(`${path}: ${detail}`, {
      setting: field,
      fix: `correct ${field ?? 'it'} in ${path}`,
    })
  }
}

/** Whether it has the form of what `defineConfig` answers, not of what it takes. */
function isChecked(config: object): config is Config {
  const { kinds } = config as Partial<Config>
  if (typeof kinds !== 'object' || kinds === null) return false
  const all = Object.values(kinds)
  return all.length > 0 && all.every(kind => typeof kind?.isDefault === 'boolean')
}

/** The kinds of the configuration, or the one of this name. @throws MissingSetting */
export function chooseKinds({ kinds }: Config, name: string | undefined): Kind[] {
  if (name === undefined) return Object.values(kinds)
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (!kind)
    throw new UsageError(`There is no kind ${name}: the configuration has ${Object.keys(kinds).join(', ')}`, {
      setting: '--kind',
    })
  return [kind]
}

/** The kinds that a command was asked for: the one that it names, else every kind of the configuration. @throws MissingSetting */
export const readKinds = async ({ config, kind }: KindOptions): Promise<Kind[]> =>
  chooseKinds(await readConfig(config), kind)

/** The settings of a command that is for one kind. @throws MissingSetting also where there are several to choose from */
export async function kindSettings(values: StoreOptions): Promise<StoreSettings> {
  const [kind, ...others] = await readKinds(values)
  if (others.length > 0)
    throw new UsageError(
      `The configuration has the kinds ${[kind, ...others].map(of => of!.name).join(', ')}: choose one with --kind`,
      { setting: '--kind' },
    )
  return { ...storeSettings(values), kind }
}
