/** A file that mounts onecount. */
export interface Template {
  text: string
  /** What a file of the application's own has where it does the same. */
  needs: RegExp
  /** What is added to one that does not. */
  add: string
}

export const routeText = (up: string): string => `import { onecount } from '${up}onecount'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = onecount.handlers
`

export const PROXY: Template = {
  text: `import { onecount } from './onecount'

export const proxy = onecount.withSession()

export const config = {
  matcher: [{ source: '/((?!api/|_next/|.*\\\\.\\\\w{2,5}$).*)', missing: [{ type: 'header', key: 'rsc' }] }],
}
`,
  needs: /\.withSession\(/,
  add: `import { onecount } from './onecount'

export const proxy = onecount.withSession(async request => {
  // what your proxy does now; its answer stays what it is
})
`,
}

export const INSTRUMENTATION: Template = {
  text: `export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { onecount } = await import('./onecount')
  onecount.register()
}
`,
  needs: /\.register\(\)/,
  add: `// in register()
if (process.env.NEXT_RUNTIME === 'nodejs') {
  const { onecount } = await import('./onecount')
  onecount.register()
}
`,
}
