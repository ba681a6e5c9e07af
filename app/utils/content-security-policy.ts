import { createHash } from 'node:crypto'
import { themeScript } from '@/app/components/theme'
import { supabaseAccess } from './supabase-env'

const sha256 = (script: string) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`

/**
 * Inline scripts of the page frames that are rendered at build time, when there is no nonce: our own, and the one with
 * which React notes when it began to show what is streamed. What is rendered for a request carries the nonce.
 */
export const FRAME_SCRIPTS = [themeScript, 'requestAnimationFrame(function(){$RT=performance.now()});']

const FRAME_HASHES = FRAME_SCRIPTS.map(sha256)

/** Which pages may show this one in a frame: none, or those of this site. */
export type FrameAncestors = "'none'" | "'self'"

/**
 * What a page may load and run. Next finds the nonce in this header of the request and writes it into everything that it
 * renders. The browser speaks to this site and to Supabase: its REST API, its Realtime socket, pictures in its Storage.
 */
export function contentSecurityPolicy(nonce: string, frameAncestors: FrameAncestors): string {
  const isDevelopment = process.env.NODE_ENV === 'development'
  const supabase = supabaseOrigins()
  const directives: Record<string, string[]> = {
    'default-src': ["'self'"],
    // React evaluates code to show where an error came from, in development alone.
    'script-src': [
      "'self'",
      `'nonce-${nonce}'`,
      ...FRAME_HASHES,
      ...(isDevelopment ? ["'unsafe-eval'"] : []),
    ],
    'style-src': ["'self'", isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}'`],
    'img-src': ["'self'", 'data:', 'blob:', ...supabase.slice(0, 1)],
    'connect-src': ["'self'", ...supabase, ...(isDevelopment ? ['ws:'] : [])],
    'object-src': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'frame-ancestors': [frameAncestors],
  }
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ')
}

/** Where Supabase is, over HTTP and as a WebSocket. */
function supabaseOrigins(): string[] {
  const url = supabaseAccess()?.url
  if (!url || !URL.canParse(url)) return []
  const { origin } = new URL(url)
  return [origin, origin.replace(/^http/, 'ws')]
}
