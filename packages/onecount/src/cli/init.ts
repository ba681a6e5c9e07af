import type { Config } from '../config/define'
import type { Kind } from '../core/kind'
import { readConfig } from './config'
import { guide } from './guide'
import { type Application, findApplication } from './init/application'
import { readCatalogue } from './init/catalogue'
import { checkKinds } from './init/check-kinds'
import { confirm } from './init/confirm'
import { planEnvironment } from './init/environment'
import { findConfigFile, type Planned, planConfig, planServer } from './init/files'
import { notesOn } from './init/fit'
import { Ambiguous, check, proposeMapping } from './init/mapping'
import { migrationFolder, noteOnFolder, planMigration, readMigrations } from './init/migration-file'
import { HELP, type InitValues, MAPPING_OPTIONS, parseInit } from './init/options'
import { formatReport, type Report, toJson } from './init/report'
import { findShadowed, noteOnShadow } from './init/shadow'
import { nextSteps } from './init/steps'
import { writePlanned } from './init/write'
import type { Command } from './main'
import { migrationSql } from './migration'
import { MissingSetting, mergedEnv } from './settings'

export const init: Command = {
  summary: 'look at an application and its database, and write what onecount needs',
  async run(args) {
    const values = parseInit(args)
    if (values.help) {
      console.log(HELP)
      return 0
    }
    try {
      return await initialize(values, process.cwd())
    } catch (error) {
      if (!(error instanceof Ambiguous) || !values.json) throw error
      const candidates = error.candidates.map(({ kind, config }) => ({ kind, ...config }))
      console.log(JSON.stringify({ error: error.message.split('\n')[0], candidates }, null, 2))
      return 2
    }
  },
}

async function initialize(values: InitValues, root: string): Promise<number> {
  const application = findApplication(root)
  const { config, files, notes } = await plan(application, values)
  const report = { dryRun: values['dry-run'], config, files, notes, next: [] as string[] }
  if (!values['dry-run']) {
    if (!(await isWanted(values, report))) return 2
    for (const file of files) if (file.state === 'write' && !writePlanned(root, file)) throw busy(file)
  }
  report.next = nextSteps(application, report, usesSupabase(application))
  console.log(values.json ? JSON.stringify(toJson(report), null, 2) : formatReport(report))
  return files.some(({ state }) => state === 'lacks') ? 1 : 0
}

const busy = ({ path }: Planned) =>
  new MissingSetting(`${path} was written by another program meanwhile: run the same command again`)

/** Only a person at a terminal is asked. */
async function isWanted({ yes, json }: InitValues, report: Report): Promise<boolean> {
  const isNew = report.files.some(({ state }) => state === 'write')
  if (yes || json || !isNew || !process.stdin.isTTY || !process.stdout.isTTY) return true
  console.log(formatReport({ ...report, dryRun: true }))
  return confirm('\nWrite these files?', process.stdin, process.stdout)
}

/** What is to be written, and what to know of it. Writes nothing. */
async function plan(
  application: Application,
  values: InitValues,
): Promise<Pick<Report, 'config' | 'files' | 'notes'>> {
  const { root } = application
  const folder = migrationFolder(root, values.migrations)
  const isSupabase = usesSupabase(application)
  const { config, file, notes } = await planKinds(application, values)
  const kinds: Kind[] = Object.values(config.kinds)
  const migrations = readMigrations(root, folder)
  const shadowed = await findShadowed(kinds, migrations.newest?.text, databaseUrlOf(application, values))
  return {
    config,
    notes: [...notes, ...noteOnShadow(shadowed, guide('shadow')), ...noteOnFolder(root, folder)],
    files: [
      file,
      ...planServer(application, config, isSupabase),
      planMigration(migrations, migrationSql(kinds, shadowed), new Date()),
      ...planEnvironment(root, isSupabase),
    ],
  }
}

/** The configuration that is there counts, whatever the options say; its tables are looked at. */
async function planKinds(
  application: Application,
  values: InitValues,
): Promise<{ config: Config; file: Planned; notes: string[] }> {
  const path = findConfigFile(application.root)
  const databaseUrl = databaseUrlOf(application, values)
  if (path) {
    const given = ['kind', ...Object.keys(MAPPING_OPTIONS)].filter(name => values[name as keyof InitValues])
    const notes =
      given.length > 0
        ? [`${path} is there and counts: ${given.map(name => `--${name}`).join(', ')} not used`]
        : []
    const config = await readConfig(path, application.root)
    const found = databaseUrl
      ? await checkKinds(path, config, databaseUrl, await readCatalogue(databaseUrl))
      : [`DATABASE_URL is not set: the tables of ${path} were not looked at`]
    return { config, file: { path, text: '', state: 'unchanged' }, notes: [...notes, ...found] }
  }
  const catalogue = databaseUrl ? await readCatalogue(databaseUrl) : null
  const mapping = proposeMapping(values, catalogue)
  const config = check(mapping)
  if (databaseUrl && catalogue) await checkKinds(null, config, databaseUrl, catalogue)
  return {
    config,
    file: planConfig(application, mapping),
    notes: catalogue ? Object.values(mapping).flatMap(kind => notesOn(kind, catalogue)) : [],
  }
}

const databaseUrlOf = ({ root }: Application, values: InitValues): string | undefined =>
  values['database-url'] ?? mergedEnv(root).DATABASE_URL

const usesSupabase = ({ dependencies }: Application): boolean => dependencies.has('@supabase/supabase-js')
