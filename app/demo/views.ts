/** The four views of one post, on both sides of the page. */
export const VIEWS = ['feed', 'profile', 'rank', 'post'] as const

export type View = (typeof VIEWS)[number]

export const VIEW_NAMES: Record<View, string> = {
  feed: 'Feed',
  profile: 'Profile',
  rank: 'Rank',
  post: 'Post',
}
