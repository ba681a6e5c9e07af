import { describe, expect, it } from 'vitest'
import { HOME, nextPath, pageBefore } from './next-path'

describe('the page to go on to', () => {
  it.each([
    '/',
    '/rank',
    '/rank?after=446_50050001',
    '/post/50050001-aaaa-bbbb-cccc-ddddeeee0001',
    '/signal',
  ])('is one of this site: %s', path => expect(nextPath(path)).toBe(path))

  it.each([
    ['another site', 'https://evil.example/rank'],
    ['another site by its scheme alone', 'https:evil.example'],
    ['a host behind two slashes', '//evil.example'],
    ['three slashes', '///evil.example'],
    ['a backslash', '/\\evil.example'],
    ['two backslashes', '\\\\evil.example'],
    ['a backslash further on', '/rank\\..\\..//evil.example'],
    ['a tab that browsers leave out', '/\t/evil.example'],
    ['a line break', '/\n/evil.example'],
    ['a blank in front', ' //evil.example'],
    ['dots that leave two slashes', '/.//evil.example'],
    ['dots, encoded, that leave two slashes', '/%2e//evil.example'],
    ['more dots', '/rank/..//evil.example'],
    ['a script', 'javascript:alert(1)'],
    ['no slash', 'rank'],
    ['nothing', ''],
    ['the page of the form', '/sign-in?next=/rank'],
    ['an address of the API', '/api/sign-out'],
    ['several', ['/rank', '/']],
    ['none', undefined],
  ])('is "My likes" for %s', (_, asked) => expect(nextPath(asked)).toBe(HOME))

  it('keeps no name of a place on the page, which the server never sees', () =>
    expect(nextPath('/rank?a=1#x')).toBe('/rank?a=1'))
})

describe('the page that led here', () => {
  const led = (referer?: string) =>
    pageBefore(new Headers({ host: 'site.example:3000', ...(referer !== undefined && { referer }) }))

  it('is that of the browser, on this site', () =>
    expect(led('http://site.example:3000/rank?after=1')).toBe('/rank?after=1'))

  it.each([
    undefined,
    '',
    'about:blank',
    'https://evil.example/rank',
    'http://site.example/rank',
    'http://site.example:3000//evil.example',
    'http://site.example:3000/sign-in',
  ])('is "My likes" for %s', referer => expect(led(referer)).toBe(HOME))
})
