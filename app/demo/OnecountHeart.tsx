'use client'

import { useEffect, useEffectEvent } from 'react'
import { LikeControl } from '@/app/components/LikeControl'
import { useLikeHandler } from '@/app/hooks/useLikeHandler'
import type { Post } from '@/app/types'
import type { HeartProps } from './HeartProps'

/** The application's own heart, as on every other page. */
export function OnecountHeart({ post, look, onShown }: HeartProps & { post: Post }) {
  const { count } = useLikeHandler(post)
  const tell = useEffectEvent(onShown)
  useEffect(() => tell(count), [count])
  return <LikeControl post={post} look={look} />
}
