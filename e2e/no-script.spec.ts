import { readFileSync } from 'node:fs'
import { type APIResponse, expect, test } from '@playwright/test'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bear, bearCount, heart } from './support/views'

const DOCUMENT = JSON.parse(readFileSync('docs/openapi.json', 'utf8'))

/** The answer of the form is one that `docs/openapi.json` has: status, type of the body, headers that have to be there. */
function expectDocumented(answer: APIResponse): void {
  const documented = DOCUMENT.paths['/likes/{postId}/form'].post.responses[answer.status()]
  expect(documented, `status ${answer.status()}`).toBeDefined()
  const { headers = {}, content = {} } = documented
  const [type] = (answer.headers()['content-type'] ?? '').split(';')
  expect(Object.keys(content)).toEqual(type ? [type] : [])
  for (const [name, { required, schema }] of Object.entries<{ required?: true; schema: { pattern: string } }>(
    headers,
  ))
    if (required) expect(answer.headers()[name.toLowerCase()]).toMatch(new RegExp(schema.pattern))
}

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack.stop())

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false })

  for (const path of ['/', '/rank', '/profile/lucia_nature', `/post/${BEAR}`])
    test(`${path} shows its pictures with their counts`, async ({ page }) => {
      await page.goto(stack.url + path)
      await expect(bear(page).getByRole('img').first()).toBeVisible()
      await expect(bearCount(page)).toHaveText('446')
      await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
    })

  test('a heart is a form: it likes, leads back to its place, and every view shows it', async ({ page }) => {
    await page.goto(`${stack.url}/rank`)
    await heart(page).click()
    await expect(page).toHaveURL(`${stack.url}/rank#like-${BEAR}`)
    await expect(bearCount(page)).toHaveText('447')
    await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')
    for (const path of ['/profile/lucia_nature', '/', `/post/${BEAR}`]) {
      await page.goto(stack.url + path)
      await expect(bearCount(page)).toHaveText('447')
    }
    await heart(page).click()
    await expect(bearCount(page)).toHaveText('446')
    await expect(heart(page)).toHaveAttribute('aria-pressed', 'false')
  })
})

test('a form of another site, a form without a direction and a post that is not there are refused in words', async ({
  request,
}) => {
  const send = async (postId: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
    const url = `${stack.url}/api/likes/${postId}/form`
    const answer = await request.post(url, { form, headers, maxRedirects: 0 })
    expectDocumented(answer)
    return answer
  }

  const foreign = await send(BEAR, { liked: 'true' }, { origin: 'https://elsewhere.example' })
  expect(foreign.status()).toBe(403)
  expect(foreign.headers()['content-type']).toContain('text/html')

  const undecided = await send(BEAR, { liked: 'perhaps' })
  expect(undecided.status()).toBe(400)
  expect(await undecided.text()).toContain('liked')

  expect((await send('50059999-aaaa-bbbb-cccc-ddddeeee0001', { liked: 'true' })).status()).toBe(404)
  expect((await send('not-an-id', { liked: 'true' })).status()).toBe(400)
})

test('the form leads back to pages of this site alone', async ({ request }) => {
  const back = async (referer: string) => {
    const answer = await request.post(`${stack.url}/api/likes/${BEAR}/form`, {
      form: { liked: 'false' },
      headers: { referer },
      maxRedirects: 0,
    })
    expect(answer.status()).toBe(303)
    expectDocumented(answer)
    return answer.headers().location
  }
  expect(await back(`${stack.url}/?before=x`)).toBe(`/?before=x#like-${BEAR}`)
  expect(await back('https://elsewhere.example/')).toBe(`/#like-${BEAR}`)
  expect(await back(`${stack.url}//elsewhere.example/`)).toBe(`/elsewhere.example/#like-${BEAR}`)
})
