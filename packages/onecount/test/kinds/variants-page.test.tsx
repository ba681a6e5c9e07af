// @vitest-environment jsdom
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { type Onecount, variantId } from 'onecount'
import { createHandler, nodeListener } from 'onecount/http'
import { createHttpTransport, LikeButton, LikesProvider } from 'onecount/react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { reaction } from '../support/kinds'

const COMMENT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const variants = reaction.variants!

const stores = forAllTests(startKindStores)
let reactions: Onecount
let http: Server
beforeEach(async () => {
  await stores.begin(reaction)
  await stores.sql`insert into comments (id) values (${COMMENT})`
  reactions = stores.instance(reaction)
  const handler = createHandler({ service: reactions, anonymous: false, session: () => 'ana', log() {} })
  http = createServer(nodeListener(handler))
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  cleanup()
  http.closeAllConnections()
  await new Promise(resolve => http.close(resolve))
})

function Reactions({ commentId }: { commentId: string }) {
  return variants.map(variant => (
    <LikeButton key={variant} postId={variantId(commentId, variant)}>
      {({ count, buttonProps }) => (
        <button {...buttonProps} data-testid={variant}>
          {variant} {count ?? '–'}
        </button>
      )}
    </LikeButton>
  ))
}

const shown = () =>
  variants.map(variant => {
    const button = screen.getByTestId(variant)
    return [button.textContent, button.getAttribute('aria-pressed') === 'true']
  })

it('buttons of variants show and change one count each, over HTTP, in both stores', async () => {
  await reactions.set(variantId(COMMENT, '👍'), 'ben', true)
  const { port } = http.address() as AddressInfo
  const transport = createHttpTransport({ baseUrl: `http://127.0.0.1:${port}/api/likes` })
  render(
    <LikesProvider transport={transport}>
      <Reactions commentId={COMMENT} />
    </LikesProvider>,
  )
  const before = [
    ['👍 1', false],
    ['🎉 0', false],
    ['❤️ 0', false],
  ]
  await expect.poll(shown).toEqual(before)
  fireEvent.click(screen.getByTestId('👍'))
  fireEvent.click(screen.getByTestId('❤️'))
  const after = [
    ['👍 2', true],
    ['🎉 0', false],
    ['❤️ 1', true],
  ]
  expect(shown()).toEqual(after)
  const given = async () => {
    await reactions.drainer.flush()
    return (await stores.sql`select user_id || emoji as given from comment_reactions order by 1`).map(
      row => row.given,
    )
  }
  await expect.poll(given).toEqual(['ana❤️', 'ana👍', 'ben👍'].sort())
  expect(shown()).toEqual(after)
  fireEvent.click(screen.getByTestId('👍'))
  await expect.poll(given).toEqual(['ana❤️', 'ben👍'].sort())
  expect(shown()).toEqual([['👍 1', false], before[1], ['❤️ 1', true]])
})
