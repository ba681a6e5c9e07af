import { defineConfig } from '../src/config/define'
import { DEFAULT_KIND, type Kind } from '../src/core/kind'
import { variantId, variantIds } from '../src/core/variants'

/** A kind that worlds may have, with ids of it. */
export interface SimulatedKind {
  name: KindName
  kind: Kind
  /** Few, so that things happen to the same ones at once; `base`: likes that no session stands for. */
  posts: readonly { id: string; base: number }[]
  sessions: readonly string[]
}

export const KIND_NAMES = ['uuid', 'bigint', 'text', 'variants'] as const

/** By the type of its ids: `uuid` is the kind that there is without a configuration, `variants` counts several of a uuid. */
export type KindName = (typeof KIND_NAMES)[number]

/** Kinds without a column of the count: their counts are in a table of onecount. */
const { heart, page, reaction } = defineConfig({
  kinds: {
    heart: {
      target: { table: 'articles', id: 'bigint' },
      rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
      actor: 'uuid',
    },
    page: {
      target: { table: 'pages', id: 'text', column: 'slug' },
      rows: { table: 'page_likes', target: 'page', actor: 'who' },
    },
    reaction: {
      target: { table: 'comments', id: 'uuid' },
      variants: ['👍', '🎉'],
      rows: { table: 'comment_reactions', target: 'comment_id', actor: 'user_id', variant: 'emoji' },
    },
  },
  keyPrefix: 'app:',
}).kinds

const numbers = [0, 1, 2, 3, 4]
const [COMMENT, OTHER] = [0, 1].map(n => `70070000-0000-4000-8000-00000000000${n}`) as [string, string]

export const SIMULATED_KINDS: Record<KindName, SimulatedKind> = {
  uuid: {
    name: 'uuid',
    kind: DEFAULT_KIND,
    posts: [446, 0, 7].map((base, i) => ({
      id: `70070000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      base,
    })),
    sessions: numbers.map(n => `s${n}`),
  },
  bigint: {
    name: 'bigint',
    kind: heart,
    // In the order of texts, as those of `uuid`: batches go in that order. Two that one number of JavaScript stands for.
    // Counts are the rows: nothing was there before.
    posts: ['-5', '9007199254740992', '9007199254740993'].map(id => ({ id, base: 0 })),
    sessions: numbers.map(n => `5e550000-0000-4000-8000-00000000000${n}`),
  },
  text: {
    name: 'text',
    kind: page,
    posts: ['9', '10', 'Polar-bear:2.1'].map(id => ({ id, base: 0 })),
    sessions: numbers.map(n => `s:${n}.x`),
  },
  variants: {
    name: 'variants',
    kind: reaction,
    // The last one is removed now and then, and takes the other variant of its comment along.
    posts: [variantId(OTHER, '👍'), ...variantIds(reaction, [COMMENT])].map(id => ({ id, base: 0 })),
    sessions: numbers.map(n => `s${n}`),
  },
}

/** Of every eight seeds one has ids that are bigints, one such that are texts, and one counts variants. */
const KIND_OF_REST: Record<number, KindName> = { 0: 'variants', 3: 'bigint', 6: 'text' }

export const kindOfSeed = (seed: number): SimulatedKind => SIMULATED_KINDS[KIND_OF_REST[seed % 8] ?? 'uuid']
