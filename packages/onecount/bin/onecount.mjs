#!/usr/bin/env node
try {
  const { tsImport } = await import('tsx/esm/api')
  const { main } = await tsImport('../src/cli/main.ts', import.meta.url)
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const missing = /^Cannot find (?:package|module) '([^'./][^']*)'/.exec(error.message)?.[1]
  console.error(missing ? `${missing} is not installed: npm install ${missing}` : error)
  process.exitCode = 2
}
process.exit()
