import { expect, type Page, test } from '@playwright/test'
import { type PeopleApp, startPeopleApp } from './people/server'

let app: PeopleApp
test.beforeAll(async () => {
  app = await startPeopleApp()
})
test.afterAll(() => app?.stop())
test.beforeEach(() => app.begin())

const heart = (page: Page) => page.getByRole('button', { name: 'Like', exact: true })

/** Number and heart, of an answer: not of the first moment of a page. */
async function expectShown(page: Page, count: number, liked: boolean): Promise<void> {
  await expect(page.locator('article')).toHaveAttribute('data-status', 'exact')
  await expect(page.locator('output')).toHaveText(String(count))
  await expect(heart(page)).toHaveAttribute('aria-pressed', String(liked))
}

async function press(page: Page, count: number, liked: boolean): Promise<void> {
  await heart(page).click()
  await expect(page.locator('output')).toHaveText(String(count))
  await expectShown(page, count, liked)
}

/** Presses a button that loads the page anew, and waits until it says who is signed in. */
async function become(page: Page, button: string, person: string): Promise<void> {
  const loaded = page.waitForEvent('load')
  await page.getByRole('button', { name: button }).click()
  await loaded
  await expect(page.locator('[data-person]')).toHaveText(person)
}

test('a like of a signed-in person is in every page, and is theirs alone', async ({ page }) => {
  await page.goto(`${app.url}/1`)
  await expectShown(page, 446, false)
  await become(page, 'Sign in', 'person:ana')
  await press(page, 447, true)
  await page.goto(`${app.url}/2`)
  await expectShown(page, 447, true)

  await become(page, 'Sign out', 'signed out')
  await expectShown(page, 447, false)
  await become(page, 'Sign in', 'person:ana')
  await expectShown(page, 447, true)
  expect(await app.held()).toEqual({ people: ['person:ana'], likes: 447 })
})

test('an anonymous like is given to the person who asks for it, and counts once', async ({ page }) => {
  await page.goto(`${app.url}/1`)
  await press(page, 447, true)
  await become(page, 'Sign in', 'person:ana')
  await expectShown(page, 447, false)
  await expect(page.getByRole('alert')).toBeHidden()
  await press(page, 448, true)
  await become(page, 'Keep my likes', 'person:ana')
  await expectShown(page, 447, true)
  expect(await app.held()).toEqual({ people: ['person:ana'], likes: 447 })

  await become(page, 'Sign out', 'signed out')
  await expectShown(page, 447, false)
})

test('where only signed-in people may like, a press asks to sign in once', async ({ page }) => {
  const presses: number[] = []
  page.on('response', response => {
    if (response.request().method() === 'PUT') presses.push(response.status())
  })
  await page.goto(`${app.url}/only-members`)
  await expect(page.locator('output')).toHaveText('446')
  await heart(page).click()
  await expect(page.getByRole('alert')).toHaveText('Sign in to like.')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'false')
  await expect(page.locator('output')).toHaveText('446')
  // Its next reads are on their way by themselves: none of them brings the press back.
  await page.waitForResponse(response => response.url().includes('/members/likes?'))
  expect(presses).toEqual([401])
  expect(await app.held()).toEqual({ people: [], likes: 446 })

  await become(page, 'Sign in', 'person:ana')
  await press(page, 447, true)
  expect(await app.held()).toEqual({ people: ['person:ana'], likes: 447 })
})

/** The API cannot be reached from this browser, and people sign in and out all the same. */
async function cutOff(page: Page): Promise<() => Promise<void>> {
  await page.context().route('**/api/likes**', route => route.abort())
  return () => page.context().unroute('**/api/likes**')
}

test('a press that could not be sent is not the next person’s on a page that the server rendered, and is sent when its own is back', async ({
  page,
}) => {
  await page.goto(`${app.url}/rendered`)
  await become(page, 'Sign in', 'person:ana')
  await expectShown(page, 446, false)
  const reconnect = await cutOff(page)
  await heart(page).click()
  await expect(page.locator('article')).toHaveAttribute('data-status', 'retrying')
  await expect(page.locator('output')).toHaveText('447')

  await become(page, 'Be Ben', 'person:ben')
  await reconnect()
  await page.reload()
  await expectShown(page, 446, false)
  await expect(page.getByRole('alert')).toBeHidden()
  expect(await app.held()).toEqual({ people: [], likes: 446 })

  await become(page, 'Sign in', 'person:ana')
  await expectShown(page, 447, true)
  expect(await app.held()).toEqual({ people: ['person:ana'], likes: 447 })
})

test('a press in a tab of the person before is refused with a message, and the next one counts for the person now signed in', async ({
  page,
}) => {
  await page.goto(`${app.url}/rendered`)
  await become(page, 'Sign in', 'person:ana')
  await expectShown(page, 446, false)
  const other = await page.context().newPage()
  await other.goto(`${app.url}/rendered`)
  await become(other, 'Be Ben', 'person:ben')
  await expectShown(other, 446, false)

  const refused = page.waitForResponse(response => response.request().method() === 'PUT')
  await heart(page).click()
  expect((await refused).status()).toBe(409)
  await expect(page.getByRole('alert')).toContainText('nothing was saved; press again')
  await expectShown(page, 446, false)
  await press(page, 447, true)
  await expect(page.getByRole('alert')).toBeHidden()
  await expectShown(other, 447, true)
  expect(await app.held()).toEqual({ people: ['person:ben'], likes: 447 })
})
