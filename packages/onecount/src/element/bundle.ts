/** Becomes one minified file without imports, for pages without a bundler; see `scripts/build.ts`. */
export * from './index'
