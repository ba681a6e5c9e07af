import { describe, expect, it } from 'vitest'
import { DEFAULT_KIND_CONFIG, defineConfig, type OnecountConfig } from '../config/define'
import { recheckConfig } from './recheck-config'

const rows = { target: 'of', actor: 'by', createdAt: null }

describe('a configuration that defineConfig returned', () => {
  it.each<[string, OnecountConfig]>([
    ['no kinds', {}],
    ['no kinds and a prefix', { keyPrefix: 'app:' }],
    [
      'every field',
      {
        kinds: {
          like: DEFAULT_KIND_CONFIG,
          mark: {
            target: { table: 'Blog."Old.Articles"', id: 'text', column: 'Nr' },
            rows: { ...rows, table: '"a.b"' },
            private: true,
          },
          star: {
            target: { table: 'articles', id: 'bigint', count: 'Stars' },
            rows: { table: 'stars', target: 'of', actor: 'by', createdAt: 'At' },
            actor: 'uuid',
          },
          reaction: {
            target: { table: 'articles', id: 'bigint' },
            variants: ['👍', ':+1:'],
            rows: { ...rows, table: 'reactions', variant: 'emoji' },
          },
        },
        keyPrefix: 'a:mark:',
      },
    ],
  ])('comes out the same: %s', (_, given) => {
    const config = defineConfig(given)
    expect(recheckConfig(config)).toEqual(config)
    // As a build or a file of JSON has it.
    expect(recheckConfig(JSON.parse(JSON.stringify(config)))).toEqual(config)
  })
})
