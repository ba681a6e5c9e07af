/** Posts beside one in the list that it was opened from. */
export interface Neighbours {
  before: string | null
  after: string | null
}

/**
 * Ids of the posts before and after one, in the order of the list on the page. The router keeps pages that one has left
 * in the document, hidden: the list that is visible counts.
 */
export function neighboursOf(postId: string, root: ParentNode = document): Neighbours {
  const lists = [...root.querySelectorAll<HTMLElement>('#pictures')].filter(list => list.checkVisibility())
  const ids = lists.flatMap(list =>
    [...list.querySelectorAll<HTMLElement>('[data-post-id]')].map(element => element.dataset.postId!),
  )
  const at = ids.indexOf(postId)
  if (at < 0) return { before: null, after: null }
  return { before: ids[at - 1] ?? null, after: ids[at + 1] ?? null }
}
