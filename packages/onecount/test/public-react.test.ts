import * as react from 'onecount/react'
import * as realtime from 'onecount/react/realtime'
import * as summary from 'onecount/react/summary'
import * as supabase from 'onecount/react/supabase'
import { describe, expect, it } from 'vitest'

describe('the public interface for React', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(react).sort()).toEqual([
      'LikeButton',
      'LikesClock',
      'LikesProvider',
      'LikesRefused',
      'LikesSeed',
      'LikesStore',
      'LikesUnreachable',
      'REGISTER_TTL_MS',
      'createHttpTransport',
      'isUnreachable',
      'likeText',
      'likesKey',
      'mergeLikes',
      'shownLikes',
      'useLikeButton',
      'useLikes',
      'useLikesStore',
    ])
    expect(Object.keys(realtime).sort()).toEqual(['hint', 'useLikesSubscription'])
    expect(Object.keys(supabase).sort()).toEqual(['LikesRealtime', 'loadSupabase'])
    expect(Object.keys(summary).sort()).toEqual(['useKeptLikes', 'useLikeCounts', 'useLikesStatus'])
  })
})
