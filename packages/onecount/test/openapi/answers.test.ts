import { createEngines, type Kind, variantId } from 'onecount'
import { NO_LIMITS } from 'onecount/http'
import { describe, expect, it, vi } from 'vitest'
import { createApi } from '../../src/next/api'
import { createParts } from '../../src/next/parts'
import { forAllTests } from '../support/for-all-tests'
import { uuidOf } from '../support/kinds'
import { documentedOutcomes, ELSEWHERE, methodsOf, nameOf, PATHS } from '../support/openapi'
import {
  bearer,
  COMMENT,
  config,
  type DocumentedServer,
  DRAIN_SECRET,
  METRICS_SECRET,
  ofPeople,
  PAGE,
  SECRET,
  startDocumentedServers,
} from '../support/openapi-server'
import type { WireRequest } from '../support/wire-request'

const THUMB = encodeURIComponent(variantId(COMMENT, '👍'))
const FRIEND = 'https://app.friend.example'
const DESCRIBED = PATHS.filter(path => !ELSEWHERE.includes(path))
const fill = (template: string) => template.replace('{kind}', 'like').replace('{postId}', PAGE)

const servers = forAllTests(startDocumentedServers)
const serve: typeof servers.serve = options => servers.serve(options)
/** Counts for limits in a way that fails. */
const limiter = { take: () => null, takeShared: () => Promise.reject(new Error('no limits today')) }

/** The main kind at both of its addresses. */
const BASES = ['/likes', '/kinds/like']
const far = (liked: 0 | 1) => JSON.stringify({ op: 2 * (Date.now() + 3_600_000) * 1000 + liked })

describe.each(BASES)('reads at %s', base => {
  const both = async (server: DocumentedServer, outcome: string, query: string, request?: WireRequest) => {
    for (const method of ['GET', 'HEAD']) await server.expectOf(outcome, method, `${base}?${query}`, request)
  }

  it('answer as documented', async () => {
    const server = await serve()
    await both(server, '200', `ids=${PAGE},nothing`)
    await server.expectOf('200', 'PUT', `${base}/${PAGE}`, { headers: bearer('ana') })
    await both(server, '200', 'by=me&limit=1', { headers: bearer('ana') })
    await both(server, '200', 'by=me')
  })

  it('are refused as documented', async () => {
    const server = await serve()
    await both(server, '400 invalid_ids', '')
    await both(server, '400 invalid_post_id', 'ids=%7C')
    await both(server, '400 invalid_request', 'by=ana')
    const foreign = { headers: { 'sec-fetch-site': 'cross-site' } }
    await both(server, '403 forbidden_origin', 'by=me', foreign)
    await both(server, '401 invalid_token', 'by=me', { headers: bearer('expired') })
    await both(server, '503 unavailable', 'by=me', { headers: bearer('unsaid') })
    await both(server, '500 misconfigured', 'by=me', { headers: bearer('not-an-id!') })
    const known = await serve({ anonymous: false })
    await both(known, '401 sign_in_required', 'by=me')
    const limited = await serve({ limits: { ...NO_LIMITS, read: { tokens: 1, windowMs: 3_600_000 } } })
    await limited.expectOf('200', 'GET', `${base}?ids=${PAGE}`)
    await both(limited, '429 too_many_requests', `ids=${PAGE}`)
    const broken = await serve({ limiter })
    await both(broken, '500 internal', `ids=${PAGE}`)
  })
})

describe.each(BASES)('presses at %s', base => {
  const press = `${base}/${PAGE}`
  const both = async (
    server: DocumentedServer,
    outcome: string,
    path: string,
    request?: WireRequest | ((liked: 0 | 1) => WireRequest),
  ) => {
    for (const method of ['PUT', 'DELETE'])
      await server.expectOf(
        outcome,
        method,
        path,
        typeof request === 'function' ? request(method === 'PUT' ? 1 : 0) : request,
      )
  }

  it('answer as documented', async () => {
    const server = await serve()
    await both(server, '200', press)
    await both(server, '200', press, { headers: bearer('ben'), body: '{"ack":"postgres"}' })
  })

  it('are refused as documented', async () => {
    const server = await serve()
    await both(server, '400 invalid_post_id', `${base}/%7C`)
    await both(server, '400 invalid_op', press, { body: '{"op":"x"}' })
    await both(server, '400 invalid_body', press, { body: '[]' })
    await both(server, '401 invalid_token', press, { headers: bearer('expired') })
    await both(server, '403 forbidden_origin', press, { headers: { 'sec-fetch-site': 'cross-site' } })
    await both(server, '404 post_not_found', `${base}/nothing`)
    await both(server, '408 request_timeout', press, { hangs: true })
    await both(server, '409 op_ahead', press, liked => ({ body: far(liked) }))
    await both(server, '409 session_changed', press, { body: '{"madeBy":"none"}' })
    await both(server, '500 misconfigured', press, { headers: bearer('not-an-id!') })
    await both(server, '503 unavailable', press, { headers: bearer('unsaid') })
    await both(await serve({ anonymous: false }), '401 sign_in_required', press)
    const limited = await serve({ limits: { ...NO_LIMITS, ip: { tokens: 1, windowMs: 3_600_000 } } })
    await limited.expectOf('200', 'PUT', press)
    await both(limited, '429 too_many_requests', press)
    const broken = await serve({ limiter })
    await both(broken, '500 internal', press)
  })

  it('that a rule of the database forbids are refused as documented', async () => {
    const server = await serve()
    const cat = { headers: bearer('cat'), body: '{"ack":"postgres"}' }
    await server.expectOf('200', 'PUT', press, cat)
    // A rule that refused everybody would be a fault of the database.
    await servers.sql.unsafe(`create function barred() returns trigger language plpgsql as
        $$ begin
          if coalesce(new.who, old.who) = 'cat' then raise exception 'cat is barred'; end if;
          return coalesce(new, old);
        end $$;
      create trigger barred before insert or delete on page_likes for each row execute function barred()`)
    await server.expectOf('422 refused', 'PUT', `${base}/zorro`, cat)
    await server.expectOf('422 refused', 'DELETE', press, cat)
    await servers.sql.unsafe('drop function barred cascade')
  })
})

describe('a kind', () => {
  it('of people is read and pressed by UUIDs alone', async () => {
    const service = createEngines(ofPeople, servers.ports())
    const server = await serve({ service })
    for (const base of ['/likes', '/kinds/article']) {
      const asAna = { headers: bearer(uuidOf('ana')) }
      await server.expectOf('200', 'PUT', `${base}/7`, asAna)
      for (const method of ['GET', 'HEAD']) {
        await server.expectOf('200', method, `${base}?by=me`, asAna)
        await server.expectOf('400 invalid_session', method, `${base}?by=me`, { headers: bearer('ana') })
      }
      for (const method of ['PUT', 'DELETE'])
        await server.expectOf('400 invalid_session', method, `${base}/7`, { headers: bearer('ana') })
    }
  })

  it('that is private, or has variants, answers as documented', async () => {
    const server = await serve()
    for (const [name, id] of [
      ['bookmark', '7'],
      ['reaction', THUMB],
    ])
      for (const request of [{ headers: bearer('ana') }, {}]) {
        for (const method of ['PUT', 'DELETE'])
          await server.expectOf('200', method, `/kinds/${name}/${id}`, request)
        for (const method of ['GET', 'HEAD'])
          await server.expectOf('200', method, `/kinds/${name}?ids=${id}`, request)
      }
  })

  it('that is not there is refused as documented', async () => {
    const server = await serve()
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      await server.expectOf('404 not_found', method, '/kinds/none')
    for (const method of ['PUT', 'DELETE', 'OPTIONS'])
      await server.expectOf('404 not_found', method, '/kinds/none/1')
  })
})

describe('the addresses of operators', () => {
  const scheduler = { headers: bearer(DRAIN_SECRET) }
  const prometheus = { headers: bearer(METRICS_SECRET) }
  it('answer as documented', async () => {
    const server = await serve({ warnings: () => ['a setting seems wrong'] })
    for (const method of ['GET', 'HEAD']) {
      await server.expectOf('200', method, '/health')
      await server.expectOf('200', method, '/health', scheduler)
      await server.expectOf('200', method, '/metrics', prometheus)
    }
    for (const method of ['GET', 'POST']) await server.expectOf('200', method, '/drain', scheduler)
    const alone = await serve({ service: createEngines(ofPeople, servers.ports()) })
    await alone.expectOf('200', 'GET', '/health')
    await alone.expectOf('200', 'POST', '/drain', scheduler)
  })

  it('are refused as documented', async () => {
    const server = await serve()
    const bare = await serve({ drainSecret: undefined, metrics: undefined })
    for (const [path, methods] of [
      ['/drain', ['GET', 'POST']],
      ['/metrics', ['GET', 'HEAD']],
    ] as const) {
      for (const method of methods) await server.expectOf('401 unauthorized', method, path)
      for (const method of [...methods, 'OPTIONS']) await bare.expectOf('404 not_found', method, path)
    }
  })

  it('answer as documented while stores are away', async () => {
    const server = await serve({ service: servers.engineWithoutStores() })
    for (const method of ['GET', 'HEAD']) await server.expectOf('503', method, '/health')
    for (const method of ['GET', 'POST'])
      await server.expectOf('503 unavailable', method, '/drain', scheduler)
  })

  it('answer as documented where something is wrong in the server', async () => {
    const fail = () => {
      throw new Error('!')
    }
    const server = await serve({ warnings: fail, metrics: { contentType: 'text/plain', text: fail } })
    for (const method of ['GET', 'HEAD']) {
      await server.expectOf('500 internal', method, '/health')
      await server.expectOf('500 internal', method, '/metrics', prometheus)
    }
  })

  it('drain the kinds that can be, as documented', async () => {
    const mistakenBookmarks = (kind: Kind) =>
      kind.name === 'bookmark' ? servers.mistakenPort(kind) : servers.ports().postgres(kind)
    const server = await serve({
      service: createEngines(config, { ...servers.ports(), postgres: mistakenBookmarks }),
    })
    await server.expectOf('200', 'PUT', '/kinds/bookmark/7', { headers: bearer('dora') })
    for (const method of ['GET', 'POST']) await server.expectOf('500', method, '/drain', scheduler)

    await servers.sql.unsafe('alter function onecount_bookmark_drain rename to away')
    const lacking = await serve()
    for (const method of ['GET', 'POST']) await lacking.expectOf('503', method, '/drain', scheduler)
    await servers.sql.unsafe('alter function away rename to onecount_bookmark_drain')

    const alone = await serve({
      service: createEngines(ofPeople, { ...servers.ports(), postgres: servers.mistakenPort }),
    })
    await alone.expectOf('200', 'PUT', '/likes/7', { headers: bearer(uuidOf('ben')) })
    for (const method of ['GET', 'POST']) await alone.expectOf('500 internal', method, '/drain', scheduler)
  })
})

/** A request of each operation, with a path that is there. */
const OPERATIONS = DESCRIBED.flatMap(template => {
  const path = fill(template)
  return methodsOf(template).map(method => [method, path] as const)
})

describe('every address', () => {
  it('says which methods it takes: those of the document', async () => {
    const server = await serve()
    for (const template of DESCRIBED) {
      const path = fill(template)
      const { headers } = await server.send('OPTIONS', path)
      expect(String(headers.allow).split(', ').sort(), path).toEqual(methodsOf(template).sort())
      await server.expectOf('405 method_not_allowed', 'PATCH', path)
    }
    await server.expectOf('404 not_found', 'GET', '/nothing')
    await server.expectOf('404 not_found', 'GET', `/likes/${PAGE}/more/yet`)
  })

  it.each(OPERATIONS)('refuses a malformed Host as documented: %s %s', async (method, path) => {
    const server = await serve()
    await server.expectOf('400 invalid_request', method, path, { headers: { host: 'no host' } })
  })

  it('answers as documented while a setting is wrong', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.stubEnv('ONECOUNT_SECRET', SECRET)
    vi.stubEnv('ONECOUNT_LIMITS', 'often')
    const parts = createParts({
      redis: () => null,
      postgres: () => servers.ports().postgres(config.kinds.like),
      name: 'of-openapi',
    })
    const server = await servers.judged(createApi(parts).answer)
    for (const [method, path] of OPERATIONS) await server.expectOf('500 misconfigured', method, path)
    error.mockRestore()
    vi.unstubAllEnvs()
  })

  it('has the headers of trusted origins, of HTTPS and of a server without Redis as documented', async () => {
    const service = createEngines(config, { ...servers.ports(), redis: null })
    const server = await serve({ service, trustedOrigins: [FRIEND] })
    const headers = { origin: FRIEND, 'sec-fetch-site': 'cross-site', 'x-forwarded-proto': 'https' }
    for (const [method, path] of OPERATIONS) await server.send(method, path, { headers })
    const pressed = await server.send('PUT', `/likes/${PAGE}`, { headers })
    expect(pressed.headers).toMatchObject({
      'onecount-redis': 'off',
      'access-control-allow-origin': FRIEND,
      'set-cookie': [expect.stringContaining('__Host-')],
      'strict-transport-security': expect.any(String),
    })
  })
})

describe('the document', () => {
  it('has no answer that none of these requests has got', () => {
    expect(
      documentedOutcomes()
        .map(nameOf)
        .filter(outcome => !servers.seen.has(outcome)),
    ).toEqual([])
    expect(servers.seen.size).toBeGreaterThan(150)
  })
})
