import { expect } from '@playwright/test'
import type { TestStack } from './stack'

/** Rows in one request. */
const AT_ONCE = 1000

/** The id of the nth row of a kind. */
export const rowId = (kind: number, n: number) =>
  `000000${kind}0-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`

const headersOf = ({ supabase: { secretKey } }: Pick<TestStack, 'supabase'>) => ({
  apikey: secretKey,
  authorization: `Bearer ${secretKey}`,
  'content-type': 'application/json',
})

/** Adds rows to a table as the application's own server does. */
export async function addRows(
  stack: Pick<TestStack, 'supabase'>,
  table: string,
  count: number,
  row: (n: number) => object,
): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) => row(from + n))
    const response = await fetch(`${stack.supabase.url}/rest/v1/${table}`, {
      method: 'POST',
      headers: { ...headersOf(stack), prefer: 'return=minimal' },
      body: JSON.stringify(rows),
    })
    expect(response.status, await response.text()).toBe(201)
  }
}

/** Rows of a table, 1,000 at most. */
export async function readRows<Row>(stack: Pick<TestStack, 'supabase'>, query: string): Promise<Row[]> {
  const response = await fetch(`${stack.supabase.url}/rest/v1/${query}`, { headers: headersOf(stack) })
  expect(response.status).toBe(200)
  return response.json()
}
