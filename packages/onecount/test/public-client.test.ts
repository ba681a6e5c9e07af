import * as client from 'onecount/client'
import * as element from 'onecount/element'
import * as elementServer from 'onecount/element/server'
import * as svelte from 'onecount/svelte'
import * as vue from 'onecount/vue'
import { describe, expect, it } from 'vitest'

describe('the public interface for pages without React', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(client).sort()).toEqual([
      'LikesRefused',
      'LikesStore',
      'LikesUnreachable',
      'createHttpTransport',
      'createLikes',
      'hint',
      'likeText',
    ])
    expect(Object.keys(element)).toEqual(['OneCount'])
    expect(Object.keys(elementServer)).toEqual(['renderOneCount'])
    expect(Object.keys(vue).sort()).toEqual(['createHttpTransport', 'likesPlugin', 'useLikes'])
    expect(Object.keys(svelte).sort()).toEqual(['createHttpTransport', 'getLikes', 'setLikes', 'useLikes'])
  })
})
