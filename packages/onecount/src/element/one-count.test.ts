// @vitest-environment jsdom
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { later } from '../react/later'
import { OneCount } from './index'
import { renderOneCount } from './server'

// The rest of a page has been loaded, as some moments after its first paint.
await new Promise(later)

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const state = { count: 446, liked: false, rev: 10, op: 0, source: 'redis', durable: true }
const writes: string[] = []
let http: Server
let api: string

/** A server of one counter that speaks the HTTP API. */
beforeEach(async () => {
  localStorage.clear()
  document.body.textContent = ''
  Object.assign(state, { count: 446, liked: false, rev: 10, op: 0 })
  writes.length = 0
  http = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-methods', '*')
    response.setHeader('access-control-allow-headers', '*')
    if (request.method === 'OPTIONS') return response.end()
    if (request.method === 'GET') return response.end(JSON.stringify({ likes: { [POST]: state } }))
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      writes.push(request.method!)
      state.liked = request.method === 'PUT'
      state.count += state.liked ? 1 : -1
      state.rev++
      state.op = JSON.parse(body).op
      response.end(JSON.stringify({ postId: POST, ...state }))
    })
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  api = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/likes`
})
afterEach(() => {
  document.body.textContent = ''
  http.closeAllConnections()
  http.close()
})

/** As a page has it where nothing was rendered by `renderOneCount`. */
function add(attributes: Record<string, string> = {}): OneCount {
  const element = document.createElement('one-count') as OneCount
  for (const [name, value] of Object.entries({ post: POST, api, ...attributes }))
    element.setAttribute(name, value)
  document.body.append(element)
  return element
}
const part = ({ shadowRoot }: Element, name: string) => shadowRoot!.querySelector(`[part~=${name}]`)!
const number = (element: Element) => part(element, 'count').textContent

describe('<one-count>', () => {
  it('shows what its attributes say at once, and then what the server says', async () => {
    const element = add({ count: '445', liked: 'false', rev: '9' })
    expect(number(element)).toBe('445')
    expect(part(element, 'button').getAttribute('aria-label')).toBe('Like, 445 likes')
    expect(element.getAttribute('status')).toBe('exact')
    await expect.poll(() => number(element)).toBe('446')
  })

  it('shows a dash until it knows more', async () => {
    const element = add()
    expect(number(element)).toBe('–')
    expect(element.getAttribute('status')).toBe('unknown')
    await expect.poll(() => number(element)).toBe('446')
  })

  it('is a button that shows a press at once, in every element of the post, and announces it', async () => {
    const [one, other] = [add({ count: '446', liked: 'false', rev: '10' }), add()]
    const changes: number[] = []
    document.body.addEventListener('one-count-change', event =>
      changes.push((event as CustomEvent<{ count: number }>).detail.count),
    )
    const button = part(one, 'button') as HTMLButtonElement
    expect([button.localName, button.type]).toEqual(['button', 'button'])
    button.click()
    for (const element of [one, other]) {
      expect(number(element)).toBe('447')
      expect(part(element, 'button').getAttribute('aria-pressed')).toBe('true')
      expect(part(element, 'liked')).toBe(part(element, 'button'))
    }
    expect(changes).toContain(447)
    expect(document.querySelector('[role=status]')!.textContent).toBe('Liked, 447 likes')
    await expect.poll(() => writes).toEqual(['PUT'])
    await expect.poll(() => one.getAttribute('status')).toBe('exact')
    one.press()
    await expect.poll(() => writes).toEqual(['PUT', 'DELETE'])
    expect(number(other)).toBe('446')
  })

  it('follows its attributes: another post, and what the server renders anew', async () => {
    const element = add({ count: '446', liked: 'false', rev: '10' })
    await expect.poll(() => element.likes?.knownAt).toBeGreaterThan(0)
    element.setAttribute('count', '460')
    element.setAttribute('rev', '20')
    await expect.poll(() => number(element)).toBe('460')
    element.setAttribute('post', 'another')
    await expect.poll(() => number(element)).toBe('–')
    element.setAttribute('post', 'a third')
    element.setAttribute('count', '3')
    await expect.poll(() => number(element)).toBe('3')
  })

  it.each(['in the document', 'out of it'])(
    'that was given another post %s shows nothing of the post before, also when it is moved',
    async where => {
      const [element, other] = [
        add({ count: '999', liked: 'true', rev: '1795466338345000' }),
        add({ post: 'b' }),
      ]
      if (where === 'out of it') element.remove()
      element.setAttribute('post', 'b')
      if (where !== 'out of it') await expect.poll(() => number(element)).toBe('–')
      for (let moves = 0; moves < 2; moves++) {
        document.body.append(element)
        expect([number(element), number(other)]).toEqual(['–', '–'])
      }
      element.remove()
      element.setAttribute('post', 'c')
      element.setAttribute('count', '3')
      document.body.append(element)
      expect(number(element)).toBe('3')
    },
  )

  it('waits for a post, as a framework may name it later', async () => {
    const element = document.createElement('one-count') as OneCount
    document.body.append(element)
    element.setAttribute('api', api)
    element.setAttribute('count', '445')
    element.setAttribute('post', POST)
    await expect.poll(() => number(element)).toBe('446')
  })

  it('lets go of the post when it is removed, and comes back', async () => {
    const element = add({ count: '446', liked: 'true', rev: '10' })
    element.remove()
    expect(element.likes).toBeUndefined()
    document.body.append(element)
    expect(element.shadowRoot!.querySelectorAll('button')).toHaveLength(1)
    expect(part(element, 'button').getAttribute('aria-pressed')).toBe('true')
  })

  it.each(['', 'true'])('shows no number of a private kind: private="%s"', value => {
    expect(number(add({ count: '1', liked: '', private: value }))).toBe('')
    expect(number(add({ post: 'public', count: '1', liked: '', private: 'false' }))).toBe('1')
  })

  it('says it in the language of the page', () => {
    OneCount.text = (_, { count }) => `Me gusta: ${count}`
    OneCount.format = count => `${count} veces`
    try {
      const element = add({ count: '446', liked: 'false' })
      expect(part(element, 'button').getAttribute('aria-label')).toBe('Me gusta: 446')
      expect(number(element)).toBe('446 veces')
    } finally {
      OneCount.text = undefined
      OneCount.format = count => (count === null ? '–' : String(count))
    }
  })
})

describe('renderOneCount', () => {
  const LIKES = { count: 447, liked: true, rev: 12, op: 25, source: 'redis', durable: null } as const

  /** The host and the button as a browser would make them: jsdom takes the template for an ordinary one. */
  function parse(html: string) {
    const holder = document.createElement('div')
    holder.innerHTML = html
      .replaceAll('<one-count', '<one-rendered')
      .replaceAll('one-count>', 'one-rendered>')
    const host = holder.firstElementChild!
    const { content } = host.querySelector<HTMLTemplateElement>('template[shadowrootmode=open]')!
    return { host, button: content.querySelector('button')!, content }
  }

  it('has heart and number in the first HTML, and all that the element needs to go on', () => {
    const { host, button } = parse(renderOneCount(POST, LIKES))
    expect(button.textContent).toBe('447')
    expect(button.getAttribute('aria-pressed')).toBe('true')
    expect(button.getAttribute('aria-label')).toBe('Like, 447 likes')
    expect(button.querySelector('svg')!.getAttribute('aria-hidden')).toBe('true')
    const attributes = Object.fromEntries([...host.attributes].map(({ name, value }) => [name, value]))
    expect(attributes).toEqual({
      post: POST,
      count: '447',
      liked: 'true',
      rev: '12',
      op: '25',
      source: 'redis',
    })
  })

  it('draws the same button as the element', async () => {
    const element = add({ count: '447', liked: 'true', rev: '12' })
    const { button } = parse(renderOneCount(POST, LIKES))
    const drawn = part(element, 'button').outerHTML
    const sorted = (html: string) =>
      html.replace(/<(\w+)([^>]*)>/g, (_, tag, all) => `${tag}${all.split(' ').sort()}`)
    expect(sorted(drawn)).toBe(sorted(button.outerHTML))
  })

  it('is a dash for an unknown count, and no number for a private kind', () => {
    expect(parse(renderOneCount(POST)).button.textContent).toBe('–')
    const unknown = { count: null, liked: null, rev: 0, source: 'unknown' } as const
    expect(parse(renderOneCount(POST, unknown)).button.textContent).toBe('–')
    const own = parse(renderOneCount(POST, { ...LIKES, count: 1, private: true, session: 'abc' }))
    expect(own.button.textContent).toBe('')
    expect(own.host.getAttribute('session')).toBe('abc')
  })

  it('escapes everything, and has a nonce for a strict policy', () => {
    const evil = `"><script>alert('&')</script>`
    const { host, content } = parse(
      renderOneCount(evil, LIKES, {
        kind: evil,
        api: evil,
        text: () => evil,
        format: () => evil,
        nonce: 'n0',
      }),
    )
    expect([host.getAttribute('post'), host.getAttribute('kind'), host.getAttribute('api')]).toEqual([
      evil,
      evil,
      evil,
    ])
    expect(content.querySelector('script')).toBeNull()
    expect(content.querySelector('button')!.textContent).toBe(evil)
    expect(content.querySelector('style')!.getAttribute('nonce')).toBe('n0')
  })
})
