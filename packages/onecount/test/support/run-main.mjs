// The command in a process that takes one call after the other, each with a folder and an environment of its own: a
// process for each call would take most of the time to load the same modules. Calls and answers are lines of JSON.
import { createInterface } from 'node:readline'
import { main } from '../../dist/cli/main.js'

const answer = process.stdout.write.bind(process.stdout)
const written = { out: '', err: '' }
const capture =
  name =>
  (text, ...rest) => {
    written[name] += text
    rest.findLast(other => typeof other === 'function')?.()
    return true
  }
process.stdout.write = capture('out')
process.stderr.write = capture('err')

for await (const line of createInterface({ input: process.stdin })) {
  const { args, cwd, env } = JSON.parse(line)
  Object.assign(written, { out: '', err: '' })
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.chdir(cwd)
  const code = await main(args)
  answer(`${JSON.stringify({ code, ...written })}\n`)
}
process.exit()
