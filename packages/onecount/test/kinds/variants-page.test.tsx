// @vitest-environment jsdom
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type PostgresServer, startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import type { Redis } from 'ioredis'
import { createOnecount, type Onecount, variantId } from 'onecount'
import { createHandler, nodeListener } from 'onecount/http'
import { postgresJsPort } from 'onecount/postgres'
import { createHttpTransport, LikeButton, LikesProvider } from 'onecount/react'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { kindDatabase, reaction } from '../support/kinds'

const COMMENT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const variants = reaction.variants!

let server: PostgresServer
let redis: RedisServer
let client: Redis
let sql: Sql
let reactions: Onecount
let http: Server
beforeAll(async () => {
  ;[server, redis] = await Promise.all([startPostgresServer({ fsync: false }), startRedisServer()])
  sql = await kindDatabase(server, 'page', reaction)
  await sql`insert into comments (id) values (${COMMENT})`
  client = createRedisClient(redis.url, { commandTimeout: 5000 })
  reactions = createOnecount({
    redis: ioredisPort(client),
    postgres: postgresJsPort(sql, { kind: reaction }),
    log: { warn() {} },
  })
  const handler = createHandler({ service: reactions, anonymous: false, session: () => 'ana', log() {} })
  http = createServer(nodeListener(handler))
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  cleanup()
  http.closeAllConnections()
  await new Promise(resolve => http.close(resolve))
  client.disconnect()
  await sql.end()
  await Promise.all([server.stop(), redis.kill()])
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
    await reactions.drainOnce()
    return (await sql`select user_id || emoji as given from comment_reactions order by 1`).map(
      row => row.given,
    )
  }
  await expect.poll(given).toEqual(['ana❤️', 'ana👍', 'ben👍'].sort())
  expect(shown()).toEqual(after)
  fireEvent.click(screen.getByTestId('👍'))
  await expect.poll(given).toEqual(['ana❤️', 'ben👍'].sort())
  expect(shown()).toEqual([['👍 1', false], before[1], ['❤️ 1', true]])
})
