'use client'
import { useState } from 'react'

export function LikeButton({ id, count, isLiked }: { id: string; count: number; isLiked: boolean }) {
  const [like, setLike] = useState({ count, isLiked })
  async function toggle() {
    const method = like.isLiked ? 'DELETE' : 'PUT'
    const response = await fetch(`/api/articles/${id}/like`, { method })
    if (response.ok) setLike({ count: like.count + (like.isLiked ? -1 : 1), isLiked: !like.isLiked })
  }
  return (
    <button type="button" className="like" aria-pressed={like.isLiked} onClick={toggle}>
      ♥ {like.count}
    </button>
  )
}
