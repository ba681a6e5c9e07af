import { defineConfig } from '@playwright/test'
import { CHROMIUM_ARGS, findChromium } from './scripts/test/find-chromium'

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.{spec,test}.ts',
  testIgnore: 'support/**',
  globalSetup: './e2e/support/prepare.ts',
  // Every file starts a stack of its own, at free ports.
  workers: 2,
  // No second chance that would hide a race.
  retries: 0,
  forbidOnly: !!process.env.CI,
  // What is waited for comes at once on a quiet machine; a busy one may take its time. A test that is about how long
  // something takes says so itself.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  // PLAYWRIGHT_JSON_OUTPUT_FILE asks for a report that programs can read, beside the list.
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [['list'], ['json']] : [['list']],
  use: {
    browserName: 'chromium',
    headless: true,
    viewport: { width: 1280, height: 900 },
    // A trace takes a tenth of the time: `--trace retain-on-failure` keeps one of a test that fails.
    trace: 'off',
    // A request that a worker makes passes by what tests put in the way of a page; `offline.spec.ts` allows it.
    serviceWorkers: 'block',
    launchOptions: {
      executablePath: findChromium(),
      args: CHROMIUM_ARGS,
      // As people have it. A page that comes back from this cache fires no load event: `page.goBack({ waitUntil:
      // 'commit' })`, or goBack waits for ever.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    },
  },
})
