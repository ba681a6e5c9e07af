import { describe, expect, expectTypeOf, it } from 'vitest'
import { DEFAULT_KIND } from '../core/kind'
import { DEFAULT_KIND_CONFIG, defineConfig, type KindConfig, type OnecountConfig } from './define'

const fromVariable = (config: OnecountConfig) => defineConfig(config).kinds
const LIKE: KindConfig = {
  target: { table: 'articles', id: 'bigint', count: 'like_count' },
  rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
}
const MARK: KindConfig = {
  target: { table: 'articles', id: 'bigint' },
  rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id' },
}
const REACTION: KindConfig = {
  target: { table: 'comments', id: 'uuid' },
  variants: ['👍', '👩‍👩‍👧', ':+1:'],
  rows: { table: 'comment_reactions', target: 'comment_id', actor: 'user_id', variant: 'emoji' },
}

describe('a configuration', () => {
  it('without kinds has the one that there is without a configuration', () => {
    expect(defineConfig({}).kinds).toEqual({ like: DEFAULT_KIND })
    expect(defineConfig({ keyPrefix: 'app:' }).kinds.like).toEqual({ ...DEFAULT_KIND, keyPrefix: 'app:' })
  })

  it('may name it beside others', () => {
    const { like, mark } = defineConfig({
      kinds: { like: DEFAULT_KIND_CONFIG, mark: MARK },
      actor: 'uuid',
    }).kinds
    expect(like).toEqual(DEFAULT_KIND)
    expect(mark).toMatchObject({ isDefault: false, rows: { actorType: 'uuid' } })
  })

  it('fills in defaults', () => {
    expect(
      defineConfig({ kinds: { like: LIKE, mark: MARK }, actor: 'uuid', keyPrefix: 'app:' }).kinds,
    ).toEqual({
      like: {
        name: 'like',
        isDefault: false,
        isPrivate: false,
        keyPrefix: 'app:like:',
        target: { schema: 'public', table: 'articles', id: 'bigint', column: 'id', count: 'like_count' },
        rows: {
          schema: 'public',
          table: 'article_likes',
          target: 'article_id',
          actor: 'user_id',
          actorType: 'uuid',
          createdAt: 'created_at',
        },
      },
      mark: expect.objectContaining({
        keyPrefix: 'app:mark:',
        target: { schema: 'public', table: 'articles', id: 'bigint', column: 'id', count: null },
      }),
    })
  })

  it('has variants as they are given', () => {
    const { reaction } = defineConfig({ kinds: { reaction: REACTION } }).kinds
    expect(reaction).toMatchObject({ variants: ['👍', '👩‍👩‍👧', ':+1:'], rows: { variant: 'emoji' } })
    expect(defineConfig({ kinds: { like: LIKE } }).kinds.like).not.toHaveProperty('variants')
  })

  it('knows the names of its kinds as types', () => {
    const { kinds } = defineConfig({ kinds: { like: LIKE, mark: MARK } })
    expectTypeOf<keyof typeof kinds>().toEqualTypeOf<'like' | 'mark'>()
    const without = defineConfig({ actor: 'uuid' }).kinds
    expectTypeOf<keyof typeof without>().toEqualTypeOf<'like'>()
    expectTypeOf<keyof ReturnType<typeof fromVariable>>().toEqualTypeOf<string>()
  })

  it('with a field that there is not does not compile, at every level', () => {
    const { target, rows } = MARK
    const refused: (() => unknown)[] = [
      // @ts-expect-error of the configuration
      () => defineConfig({ private: true, kinds: { mark: MARK } }),
      // @ts-expect-error of a configuration without kinds
      () => defineConfig({ keyprefix: 'app:' }),
      // @ts-expect-error of a kind
      () => defineConfig({ kinds: { mark: { target, rows, privat: true } } }),
      // @ts-expect-error of a kind with other fields that are spread
      () => defineConfig({ kinds: { like: LIKE, mark: { ...MARK, privat: true } } }),
      // @ts-expect-error of a target
      () => defineConfig({ kinds: { mark: { target: { ...target, colum: 'id' }, rows } } }),
      // @ts-expect-error of rows
      () => defineConfig({ kinds: { mark: { target, rows: { ...rows, private: true } } } }),
      // @ts-expect-error a type of ids that there is not
      () => defineConfig({ kinds: { mark: { target: { ...target, id: 'integer' }, rows } } }),
    ]
    for (const define of refused) expect(define).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })

  it('says which kinds are private: none that does not say so', () => {
    const { like, mark } = defineConfig({ kinds: { like: LIKE, mark: { ...MARK, private: true } } }).kinds
    expect([like.isPrivate, mark.isPrivate]).toEqual([false, true])
  })

  it.each([
    ['articles', 'public', 'articles'],
    ['Articles', 'public', 'Articles'],
    ['blog.articles', 'blog', 'articles'],
    ['blog."Old.Articles"', 'blog', 'Old.Articles'],
    ['"my.blog".articles', 'my.blog', 'articles'],
    ['old articles', 'public', 'old articles'],
  ])('takes the table %s', (table, schema, name) => {
    const { like } = defineConfig({ kinds: { like: { ...LIKE, target: { ...LIKE.target, table } } } }).kinds
    expect(like.target).toMatchObject({ schema, table: name })
  })
})

describe('a configuration with a mistake names its field', () => {
  const target = (change: object) => ({ kinds: { like: { ...LIKE, target: { ...LIKE.target, ...change } } } })
  const rows = (change: object) => ({ kinds: { like: { ...LIKE, rows: { ...LIKE.rows, ...change } } } })

  const variants = (...list: unknown[]) => ({ kinds: { it: { ...REACTION, variants: list } } })
  const reaction = (change: object) => ({ kinds: { it: { ...REACTION, ...change } } })

  it.each<[field: string, config: object]>([
    ['kinds.it.variants', variants()],
    ['kinds.it.variants', reaction({ variants: '👍🎉' })],
    ['kinds.it.variants', variants(...Array.from({ length: 33 }, (_, n) => `v${n}`))],
    ['kinds.it.variants[1]', variants('👍', '')],
    ['kinds.it.variants[1]', variants('👍', 7)],
    ['kinds.it.variants[2]', variants('👍', '🎉', '👍')],
    ...['a~b', 'a|b', 'a b', 'a,b', "a'b", 'a"b', 'a\nb', 'a\\b', '{a}', '$a', '%a', '\u00a0', '\ud83d'].map(
      (variant): [string, object] => ['kinds.it.variants[0]', variants(variant)],
    ),
    ['kinds.it.variants[0]', variants('ñ'.repeat(33))],
    ['kinds.it.rows.variant', reaction({ rows: { ...REACTION.rows, variant: undefined } })],
    ['kinds.it.rows.variant', reaction({ variants: undefined })],
    ['kinds.it.rows.variant', reaction({ rows: { ...REACTION.rows, variant: '' } })],
    ['kinds.it.rows', reaction({ rows: { ...REACTION.rows, variant: 'user_id' } })],
    ['kinds.it.target.count', reaction({ target: { ...REACTION.target, count: 'reactions' } })],
    ['kinds', { kinds: {} }],
    ['kinds.Like', { kinds: { Like: LIKE } }],
    ['kinds.my_like', { kinds: { my_like: LIKE } }],
    ['kinds.set', { kinds: { set: LIKE } }],
    ['kinds.repair', { kinds: { repair: LIKE } }],
    [`kinds.${'a'.repeat(21)}`, { kinds: { ['a'.repeat(21)]: LIKE } }],
    ['kinds.like.target', { kinds: { like: { rows: LIKE.rows } } }],
    ['kinds.like.rows', { kinds: { like: { target: LIKE.target } } }],
    ['kinds.like.target.table', target({ table: undefined })],
    ['kinds.like.target.table', target({ table: '' })],
    ['kinds.like.target.table', target({ table: 'a.b.c' })],
    ['kinds.like.target.table', target({ table: `x'; drop table articles; --` })],
    ['kinds.like.target.table', target({ table: 'a'.repeat(64) })],
    ['kinds.like.target.table', target({ table: 'ñ'.repeat(32) })],
    ['kinds.like.target.id', target({ id: 'integer' })],
    ['kinds.like.target.id', target({ id: undefined })],
    ['kinds.like.target.column', target({ column: 'a"b' })],
    ['kinds.like.target.count', target({ count: '$$' })],
    ['kinds.like.target', target({ count: 'id' })],
    ['kinds.like.target.count', { kinds: { like: { ...LIKE, private: true } } }],
    ['kinds.like.target.count', { kinds: { like: { ...DEFAULT_KIND_CONFIG, private: true } } }],
    ['kinds.mark.private', { kinds: { mark: { ...MARK, private: 'yes' } } }],
    ['kinds.mark.private', { kinds: { mark: { ...MARK, private: null } } }],
    ['kinds.like.rows.table', rows({ table: 7 })],
    ['kinds.like.rows.target', rows({ target: '' })],
    ['kinds.like.rows.actor', rows({ actor: 'a\nb' })],
    ['kinds.like.rows.createdAt', rows({ createdAt: '%s' })],
    ['kinds.like.rows', rows({ actor: 'article_id' })],
    ['kinds.like.actor', { kinds: { like: { ...LIKE, actor: 'bigint' } } }],
    ['actor', { actor: 'number' }],
    ['keyPrefix', { keyPrefix: '{a}' }],
    ['keyPrefix', { keyPrefix: 'a|b' }],
    ['keyPrefix', { keyPrefix: 'post:meta:' }],
    ['kinds.two.rows.table', { kinds: { one: LIKE, two: { ...MARK, rows: LIKE.rows } } }],
    ['kinds.two.target.count', { kinds: { one: LIKE, two: { ...LIKE, rows: MARK.rows } } }],
    ['kinds.like.privat', { kinds: { like: { ...MARK, privat: true } } }],
    ['kinds.like.target.colum', target({ colum: 'id' })],
    ['kinds.like.rows.private', rows({ private: true })],
    ['kind', { kind: { like: LIKE } }],
    ['private', { private: true, kinds: { like: LIKE } }],
    ['kinds', { kinds: null }],
    ['kinds', { kinds: [LIKE] }],
    ['kinds.like', { kinds: { like: null } }],
    ['kinds.like.target', { kinds: { like: { ...LIKE, target: 'articles' } } }],
    ['kinds.like.rows', { kinds: { like: { ...LIKE, rows: [] } } }],
    ['the configuration', null as unknown as object],
    ['the configuration', [] as object],
    ['the configuration', 'onecount' as unknown as object],
  ])('%s', (field, config) => {
    expect(() => defineConfig(config as OnecountConfig)).toThrow(
      expect.objectContaining({
        code: 'misconfigured',
        options: expect.objectContaining({ field, detail: expect.stringContaining(field) }),
      }),
    )
  })
})
