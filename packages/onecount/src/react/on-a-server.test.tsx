import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'
import { LikeButton, LikesProvider } from './index'

const ids = Array.from({ length: 20 }, (_, n) => `post-${n}`)
const buttons = ids.map(id => <LikeButton key={id} postId={id} seed={{ count: 446, liked: false, rev: 1 }} />)
const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

it.each([
  ['in a client of its own', () => <LikesProvider>{buttons}</LikesProvider>],
  [
    "in the application's client",
    () => (
      <QueryClientProvider client={new QueryClient()}>
        <LikesProvider>{buttons}</LikesProvider>
      </QueryClientProvider>
    ),
  ],
])('a page that a server renders leaves no timer, which would keep it for half an hour: %s', (_, page) => {
  const before = timers()
  for (let i = 0; i < 10; i++) expect(renderToString(page())).toContain('446')
  expect(timers()).toBe(before)
})
