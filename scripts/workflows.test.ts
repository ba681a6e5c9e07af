import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
  env?: Record<string, string>
}
interface Job {
  if?: string
  needs?: string
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  strategy?: { matrix: { node: number[] } }
  steps: Step[]
}
interface Workflow {
  on: { push?: { branches: string[] }; pull_request?: null } & Record<string, unknown>
  permissions?: Record<string, string>
  jobs: Record<string, Job>
}

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, '.github/workflows')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const workflow = (name: string) => parse(read(`.github/workflows/${name}`)) as Workflow
const manifest = JSON.parse(read('package.json'))
const names = readdirSync(FOLDER)

/** Every right to write that a job has, and what for. */
const WRITES: Record<string, Record<string, string[]>> = {
  'test.yml': {},
  'release.yml': {
    version: ['contents', 'pull-requests'],
    publish: ['id-token'],
    tag: ['contents'],
  },
}

describe.each(names)('%s', name => {
  const { permissions, jobs } = workflow(name)
  const text = read(`.github/workflows/${name}`)
  const steps = Object.values(jobs).flatMap(job => job.steps)

  it('gives each job the rights that it needs, and no others', () => {
    // Where nothing is said, a token may write everywhere.
    expect(permissions).toBeDefined()
    expect(Object.values(permissions!).filter(right => right !== 'read')).toEqual([])
    const writes = Object.entries(jobs).flatMap(([id, job]) => {
      const all = Object.entries(job.permissions ?? {})
      const written = all.filter(([, right]) => right === 'write').map(([scope]) => scope)
      return written.length > 0 ? [[id, written.sort()]] : []
    })
    expect(Object.fromEntries(writes)).toEqual(WRITES[name])
  })

  it('uses actions by their commit, and says which version that is', () => {
    expect(text.match(/^ *(?:- )?uses: /gm)?.length).toBe(steps.filter(({ uses }) => uses).length)
    for (const [, uses] of text.matchAll(/^ *(?:- )?uses: (.*)$/gm))
      expect(uses).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('is told of newer actions', () => {
    const { updates } = parse(read('.github/dependabot.yml')) as { updates: Record<string, unknown>[] }
    expect(updates).toMatchObject([{ 'package-ecosystem': 'github-actions', directory: '/' }])
  })

  it('leaves its token in the checkout only for the job that pushes with it', () => {
    for (const [id, job] of Object.entries(jobs)) {
      const checkout = job.steps.find(({ uses }) => uses?.startsWith('actions/checkout@'))
      const pushes = job.steps.some(({ uses }) => uses?.startsWith('changesets/action@'))
      expect(checkout?.with?.['persist-credentials'] === false, id).toBe(!pushes)
    }
  })

  it('ends in time, and writes nothing of an event into a shell', () => {
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(100)
    for (const { run = '' } of steps) expect(run).not.toContain('${{')
  })

  it('runs scripts that are there', () => {
    const commands = steps.flatMap(step => [step.run ?? '', String(step.with?.version ?? '')]).join('\n')
    const ofPackage = JSON.parse(read('packages/onecount/package.json')).scripts
    for (const [, script, place] of commands.matchAll(/npm run ([\w:]+)( -w onecount)?/g))
      expect(Object.keys(place ? ofPackage : manifest.scripts)).toContain(script)
    for (const [path] of commands.matchAll(/packages\/[\w./-]+/g))
      expect(existsSync(join(ROOT, path))).toBe(true)
  })

  it('keeps no secret but the token of its job', () => {
    const secrets = [...text.matchAll(/secrets\.(\w+)/g)].map(([, secret]) => secret)
    expect(secrets.filter(secret => secret !== 'GITHUB_TOKEN')).toEqual([])
  })
})

describe('the tests', () => {
  const { on, jobs } = workflow('test.yml')

  it('run on every push to main and every pull request, on each Node that is supported', () => {
    expect(on).toEqual({ push: { branches: ['main'] }, pull_request: null })
    const { matrix } = jobs.test!.strategy!
    expect(matrix.node).toEqual([20, 22, 24])
    const [, oldest] = /^>=(\d+)/.exec(manifest.engines.node)!
    expect(Math.min(...matrix.node)).toBe(Number(oldest))
    expect(read('.nvmrc').trim()).toMatch(new RegExp(`^${oldest}\\b`))
  })
})

describe('a release', () => {
  const { on, jobs } = workflow('release.yml')
  const { version, publish, tag } = jobs
  const config = JSON.parse(read('.changeset/config.json'))

  it('is made of main, the branch that changesets compares with', () => {
    expect(on).toEqual({ push: { branches: [config.baseBranch] } })
    expect(config.access).toBe('public')
    // The application, the local stores and the tests of React 18 are not published.
    expect(config.privatePackages).toEqual({ version: false, tag: false })
  })

  it('waits for its owner, for the pull request of the version, and for the tests', () => {
    expect(version!.if).toBe("vars.NPM_PUBLISH == 'true'")
    expect(publish).toMatchObject({ needs: 'version', environment: 'npm' })
    expect(publish!.if).toContain("pending == 'false'")
    expect(publish!.if).toContain("published == 'false'")
    expect(tag!.needs).toBe('publish')
    const commands = publish!.steps.map(({ run = '' }) => run)
    const [tested, published] = ['npm test', 'npm run release'].map(text =>
      commands.findIndex(run => run.includes(text)),
    )
    expect(tested).toBeGreaterThanOrEqual(0)
    expect(published).toBeGreaterThan(tested!)
  })

  it('is published by the command that adds the address of the sources, with provenance', () => {
    const { run } = publish!.steps.at(-1)!
    expect(run).toBe('npm run release -w onecount -- -- --provenance --access public')
    expect(Object.keys(publish!.permissions!)).toContain('id-token')
  })
})

describe('a change that waits in .changeset', () => {
  const files = readdirSync(join(ROOT, '.changeset')).filter(
    file => /\.md$/.test(file) && file !== 'README.md',
  )

  it('names the package and the size of the step', () => {
    for (const file of files)
      expect(read(`.changeset/${file}`), file).toMatch(/^---\n"?onecount"?: (major|minor|patch)\n---\n\n\S/)
  })
})
