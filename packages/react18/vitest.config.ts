import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defineProject } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))
const resolveHere = createRequire(import.meta.url).resolve

/** The tests of `onecount/react` once more, with the React 18 of this folder. */
export default defineProject({
  resolve: {
    alias: [
      ...['react', 'react/jsx-runtime', 'react/jsx-dev-runtime'].map(exactly),
      ...['react-dom', 'react-dom/client', 'react-dom/server', 'react-dom/test-utils'].map(exactly),
      // Its ES module: an alias reaches imports, and not what Node requires.
      {
        find: /^@testing-library\/react$/,
        replacement: resolveHere('@testing-library/react/dist/@testing-library/react.esm.js'),
      },
    ],
  },
  test: {
    name: 'react18',
    maxWorkers: 2,
    dir: root,
    include: ['packages/onecount/src/react/*.test.tsx', 'packages/react18/*.test.{ts,tsx}'],
    // They hide a route with <Activity>, which React 18 does not have.
    exclude: ['**/{realtime-polling,use-likes-events,use-likes-recovery}.test.tsx'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    server: { deps: { inline: [/@tanstack\/react-query/, /@testing-library\/react/] } },
  },
})

function exactly(id: string) {
  return { find: new RegExp(`^${id}$`), replacement: resolveHere(id) }
}
