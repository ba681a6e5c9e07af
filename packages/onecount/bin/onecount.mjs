#!/usr/bin/env node
import { tsImport } from 'tsx/esm/api'

const { main } = await tsImport('../src/cli/main.ts', import.meta.url)
process.exit(await main(process.argv.slice(2)))
