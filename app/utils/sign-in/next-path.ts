/** Where people are led who come from nowhere. */
export const HOME = '/likes'

const NOT_THERE = /^\/(api|sign-in)(\/|$)/

/**
 * The page of this site to go on to, of an address that a person may have got from anywhere: a path alone, which no
 * browser reads as another host.
 */
export function nextPath(asked: unknown): string {
  if (typeof asked !== 'string' || !/^\/(?![/\\])[\x21-\x7e]*$/.test(asked) || asked.includes('\\'))
    return HOME
  const base = 'http://this.site'
  if (!URL.canParse(asked, base)) return HOME
  const { origin, pathname, search } = new URL(asked, base)
  // Dots may have moved a second slash to the front.
  if (origin !== base || pathname.startsWith('//') || NOT_THERE.test(pathname)) return HOME
  return pathname + search
}

/** The page of this site that led here, where the browser says so. */
export function pageBefore(headers: { get(name: string): string | null }): string {
  const referer = headers.get('referer')
  if (!referer || !URL.canParse(referer)) return HOME
  const { host, pathname, search } = new URL(referer)
  return host === headers.get('host') ? nextPath(pathname + search) : HOME
}
