// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type App, createSSRApp, defineAsyncComponent, h, nextTick, ref } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createServer, POST } from '../../test/support/react-pages'
import { likesPlugin, useLikes } from './index'

const SEED = { count: 446, liked: false, rev: 1, source: 'redis' } as const
const postId = ref(POST)

/** A post as a page shows it, its button bound as the guide says. */
const Post = {
  setup() {
    // biome-ignore lint/correctness/useHookAtTopLevel: it is one of Vue, in the setup of a component
    const { count, liked, status, button } = useLikes(postId, {
      seed: () => (postId.value === POST ? SEED : undefined),
    })
    return () =>
      h(
        'button',
        { ...button.value, title: status.value },
        `${liked.value ? '♥' : '♡'} ${count.value ?? '–'}`,
      )
  },
}

let served: ReturnType<typeof createServer>
let app: App
const page = () => createSSRApp(Post).use(likesPlugin({ transport: served.transport }))
const button = () => document.querySelector('button')!

beforeEach(() => {
  localStorage.clear()
  postId.value = POST
  served = createServer()
})
afterEach(() => app.unmount())

describe('useLikes of onecount/vue', () => {
  it('renders heart and number on a server, goes on in the browser, and presses', async () => {
    const html = await renderToString(page())
    expect(html).toContain('♡ 446')
    expect(html).toContain('aria-label="Like, 446 likes"')
    expect(served.server.reads).toBe(0)

    document.body.innerHTML = `<main>${html}</main>`
    app = page()
    app.mount('main')
    button().click()
    await nextTick()
    expect(button().textContent).toBe('♥ 447')
    expect(button().getAttribute('aria-pressed')).toBe('true')
    await expect.poll(() => served.server.count()).toBe(447)
    await expect.poll(() => button().title).toBe('exact')
  })

  it('begins in an async component as the server has rendered it, after its post was pressed in another one', async () => {
    let load!: (component: typeof Post) => void
    const Late = defineAsyncComponent(() => new Promise<typeof Post>(resolve => (load = resolve)))
    const both = (late: object) =>
      createSSRApp({ render: () => h('div', [h(Post), h(late)]) }).use(
        likesPlugin({ transport: served.transport }),
      )
    document.body.innerHTML = `<main>${await renderToString(both(Post))}</main>`
    const [early, late] = [...document.querySelectorAll('button')]
    app = both(Late)
    const warnings: string[] = []
    app.config.warnHandler = message => warnings.push(message)
    const logged = vi.spyOn(console, 'error')
    app.mount('main')
    early!.click()
    await expect.poll(() => early!.textContent).toBe('♥ 447')
    await expect.poll(() => early!.title).toBe('exact')
    expect(late!.textContent).toBe('♡ 446')
    load(Post)
    await expect.poll(() => late!.textContent).toBe('♥ 447')
    expect(late!.getAttribute('aria-pressed')).toBe('true')
    expect(warnings).toEqual([])
    expect(logged).not.toHaveBeenCalled()
    logged.mockRestore()
  })

  it('follows the post of its component, and lets go of it', async () => {
    document.body.innerHTML = '<main></main>'
    app = page()
    app.mount('main')
    expect(button().textContent).toBe('♡ 446')
    postId.value = 'another'
    await nextTick()
    expect(button().textContent).toBe('♡ –')
    app.unmount()
    app = page()
    expect(document.querySelector('button')).toBeNull()
  })

  it('says which plugin is missing', () => {
    app = createSSRApp(Post)
    app.config.warnHandler = () => {}
    expect(() => app.mount(document.createElement('main'))).toThrow(
      'No likesPlugin of the kind like: call app.use(likesPlugin(…))',
    )
  })
})
