import type { PostsPage } from '@/app/types'

/** Posts on one page of the rank. */
export const RANK_PAGE = 60
/** The rank ends here: the engine ranks as many. */
export const RANK_LENGTH = 1000

/** Some of the most liked posts, most liked first; posts of unknown count last. */
export interface RankPage extends PostsPage {
  /** False when no store can tell the order: the newest posts instead, as they come. */
  known: boolean
  /** Posts of the ranking before this page. */
  before: number
  /** Posts on the next page. */
  following: number
}
