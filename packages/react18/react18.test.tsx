// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { LikeButton, LikesProvider, type LikesTransport, useLikes } from 'onecount/react'
import { useLikesSubscription } from 'onecount/react/realtime'
import { useLikeCounts, useLikesStatus } from 'onecount/react/summary'
import { StrictMode, version } from 'react'
import { version as domVersion } from 'react-dom'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const SEED = { count: 446, liked: false, rev: 1, source: 'redis' } as const

const server = { liked: false, rev: 1 }
const state = () => ({ count: 446 + Number(server.liked), liked: server.liked, rev: server.rev })
const transport: LikesTransport = {
  read: async ids => new Map(ids.map(id => [id, state()])),
  write: async (_, liked, op) => {
    Object.assign(server, { liked, rev: server.rev + 1 })
    return { ...state(), op, durable: true }
  },
  now: () => Date.now() * 1000,
}

function Numbers() {
  useLikesSubscription(null)
  const { count, status } = useLikes(POST, SEED)
  const [sum] = useLikeCounts([{ id: POST, count: 446 }]).values()
  return (
    <output>
      {count} {sum} {status} {useLikesStatus()}
    </output>
  )
}

const app = () => (
  <StrictMode>
    <QueryClientProvider client={new QueryClient()}>
      <LikesProvider transport={transport}>
        <LikeButton postId={POST} seed={SEED}>
          {({ liked, count, buttonProps }) => (
            <button {...buttonProps} className="heart">
              {String(liked)} {count}
            </button>
          )}
        </LikeButton>
        <Numbers />
      </LikesProvider>
    </QueryClientProvider>
  </StrictMode>
)

beforeEach(() => {
  localStorage.clear()
  Object.assign(server, { liked: false, rev: 1 })
})
afterEach(cleanup)

describe('with React 18', () => {
  it('runs', () => {
    expect([version, domVersion]).toEqual(['18.3.1', '18.3.1'])
  })

  it('a press shows in every view, and is saved', async () => {
    const errors = vi.spyOn(console, 'error')
    render(app())
    fireEvent.click(screen.getByRole('button'))
    expect(screen.getByRole('button').textContent).toBe('true 447')
    expect(screen.getByText(/^447/).textContent).toBe('447 447 saving saving')
    await expect.poll(() => screen.getByText(/^447/).textContent).toBe('447 447 exact exact')
    expect(server.liked).toBe(true)
    expect(errors).not.toHaveBeenCalled()
    errors.mockRestore()
  })

  it('what the server has rendered is hydrated without a difference', async () => {
    const container = document.createElement('div')
    // In a document it takes useLayoutEffect for a mistake of the server.
    const warn = vi.spyOn(console, 'error').mockImplementation(() => {})
    container.innerHTML = renderToString(app())
    warn.mockRestore()
    expect(container.textContent).toBe('false 446446 446 exact exact')
    document.body.append(container)
    const differences: unknown[] = []
    const hydrated = hydrateRoot(container, app(), { onRecoverableError: error => differences.push(error) })
    await expect.poll(() => Object.keys(container.querySelector('button') ?? {}).length).toBeGreaterThan(0)
    expect(differences).toEqual([])
    hydrated.unmount()
    container.remove()
  })
})
