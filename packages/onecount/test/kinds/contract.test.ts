import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startSupabase } from '@onecount/dev-stack/supabase'
import { supabasePort } from 'onecount/postgres'
import { postgresContract } from 'onecount/testing'
import { supabaseClient } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'
import { article, kindUnderTest, mark, newVariantId, quoted, reaction, slug, sticker } from '../support/kinds'

const server = forAllTests(() => startPostgresServer({ fsync: false }))

postgresContract('bigint ids, actors that are UUIDs', () => kindUnderTest(server, 'article', article), {
  ids: 'bigint',
  oddSessions: false,
})

postgresContract('names in quotes in another schema', () => kindUnderTest(server, 'quoted', quoted))

postgresContract('no column of the count', () => kindUnderTest(server, 'mark', mark), { ids: 'bigint' })

postgresContract(
  'no column of the count, through supabase-js',
  async () => {
    const { url, ...database } = await kindUnderTest(server, 'mark_rest', mark)
    const supabase = await startSupabase({ databaseUrl: url })
    return {
      ...database,
      port: supabasePort(supabaseClient(supabase.url, supabase.secretKey), { kind: mark }),
      async close() {
        await supabase.stop()
        await database.close()
      },
    }
  },
  { ids: 'bigint' },
)

postgresContract('ids of text', () => kindUnderTest(server, 'slug', slug), { ids: 'text', validates: false })

postgresContract('variants of UUIDs', () => kindUnderTest(server, 'reaction', reaction), {
  ids: () => newVariantId(reaction),
  validates: false,
})

postgresContract('variants of integers, names in quotes', () => kindUnderTest(server, 'sticker', sticker), {
  ids: () => newVariantId(sticker),
  validates: false,
  oddSessions: false,
})
