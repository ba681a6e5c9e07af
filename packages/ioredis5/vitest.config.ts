import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defineProject } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The tests of the drivers once more, with the oldest ioredis that has `socketTimeout` and prints nothing. */
export default defineProject({
  resolve: {
    tsconfigPaths: true,
    alias: [{ find: /^ioredis$/, replacement: createRequire(import.meta.url).resolve('ioredis') }],
  },
  test: {
    name: 'ioredis5',
    maxWorkers: 2,
    dir: root,
    include: [
      'packages/ioredis5/*.test.ts',
      'packages/onecount/src/redis/{cluster-node,database,ioredis,read-before-timeout}.test.ts',
      'packages/onecount/test/{cluster-driver,redis}.test.ts',
    ],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
})
