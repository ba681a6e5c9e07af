import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('.', import.meta.url)) } },
  test: {
    include: ['{packages,app,dev,scripts,bench,drill,e2e/support}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '.next/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
