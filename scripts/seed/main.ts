import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { drawAvatar, drawScene } from '../scenes/scene'
import { AUTHORS, POSTS } from './data'
import { seedSql } from './seed-sql'

const HELP = `Writes supabase/seed.sql and the pictures in public/ from scripts/seed and scripts/scenes.

  npx tsx scripts/seed/main.ts            write what has changed
  npx tsx scripts/seed/main.ts --check    exit 1 when a file is not up to date`

const ROOT = join(import.meta.dirname, '../..')

/** Every file of the seed, by its path from the root. */
export function seedFiles(): Map<string, string> {
  return new Map([
    ['supabase/seed.sql', seedSql(AUTHORS, POSTS)],
    ...POSTS.map(post => [`public/scenes/${post.id}.svg`, drawScene(post.id, post.scene)] as const),
    ...AUTHORS.map(a => [`public/avatars/${a.username}.svg`, drawAvatar(a.username, a.avatar)] as const),
  ])
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const stale: string[] = []
  for (const [path, content] of seedFiles()) {
    const file = join(ROOT, path)
    if ((await readFile(file, 'utf8').catch(() => null)) === content) continue
    stale.push(path)
    if (values.check) continue
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  for (const path of stale) console.log(`${values.check ? 'not up to date:' : 'wrote'} ${path}`)
  return values.check && stale.length > 0 ? 1 : 0
}

if (process.argv[1] === import.meta.filename) process.exitCode = await main()
