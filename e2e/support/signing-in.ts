import { expect, type Page } from '@playwright/test'
import { drained } from './drained'
import { readRows } from './rows'
import type { TestStack } from './stack'

export const PASSWORD = 'a long enough password'

let people = 0
/** An address that no test had before. */
export const newEmail = () => `person.${++people}@example.com`

export async function fillForm(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
}

/** Sends the form that is open, and waits until it has led to another page. */
export async function send(page: Page, button: 'Sign in' | 'Create account'): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.waitForURL(url => url.pathname !== '/sign-in')
}

/** A new account; answers its e-mail address. */
export async function signUp(page: Page, url: string, email = newEmail()): Promise<string> {
  await page.goto(`${url}/sign-in?new=1&next=/likes`)
  await fillForm(page, email)
  await send(page, 'Create account')
  return email
}

export async function signIn(page: Page, url: string, email: string): Promise<void> {
  await page.goto(`${url}/sign-in?next=/likes`)
  await fillForm(page, email)
  await send(page, 'Sign in')
}

export async function signOut(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/likes`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${url}/`)
}

/** The question about what this browser liked before. */
export const question = (page: Page) =>
  page.getByRole('heading', { name: /^You liked .* before you signed in$/ })

/** What has become of the answer. */
export const outcome = (page: Page) => page.locator('[role="status"]', { hasText: /yours|already|added/ })

/** Pictures of the rank, by their place in the seed: the hearts and the numbers. */
export const heartOf = (page: Page, postId: string) =>
  page.locator(`[data-post-id="${postId}"]`).filter({ visible: true }).getByRole('button').first()
export const countOf = (page: Page, postId: string) =>
  page.locator(`[data-post-id="${postId}"] [data-like-count]`).filter({ visible: true }).first()

/** Presses hearts of the rank and waits until each press was saved. */
export async function pressHearts(page: Page, url: string, ...postIds: string[]): Promise<void> {
  await page.goto(`${url}/rank`)
  for (const postId of postIds) {
    const answered = page.waitForResponse(
      response => response.url().endsWith(postId) && /PUT|DELETE/.test(response.request().method()),
    )
    await heartOf(page, postId).click()
    expect((await answered).status()).toBe(200)
  }
}

/** Hearts of the rank that are pressed, of these. */
export async function liked(page: Page, url: string, ...postIds: string[]): Promise<boolean[]> {
  await page.goto(`${url}/rank`)
  return Promise.all(
    postIds.map(async id => (await heartOf(page, id).getAttribute('aria-pressed')) === 'true'),
  )
}

/** Who likes a picture in Postgres besides those of the seed, and how many likes it has there, once all is drained. */
export async function held(stack: TestStack, postId: string): Promise<{ sessions: string[]; likes: number }> {
  await drained(stack.url)
  const query = `post_ratings?select=session_id&post_id=eq.${postId}&session_id=not.like.seed*&order=session_id`
  const rows = await readRows<{ session_id: string }>(stack, query)
  const [post] = await readRows<{ likes: number }>(stack, `posts_new?select=likes&id=eq.${postId}`)
  return { sessions: rows.map(row => row.session_id), likes: post!.likes }
}
