import { expect } from '@playwright/test'

/**
 * Waits until Postgres holds all that was pressed before the call. Health may be a second old: what was looked at before
 * the call says nothing of it.
 */
export async function drained(appUrl: string): Promise<void> {
  const called = Date.now()
  const health = async () => {
    const answer = await (await fetch(`${appUrl}/api/health`)).json()
    return Date.parse(answer.lookedAt) >= called ? answer : 'of before'
  }
  await expect.poll(health).toMatchObject({ status: 'ok', pending: 0, unseen: 0 })
}
