/**
 * The HTML of `<one-count>`, for any server.
 * @module
 */

import { likeLabel } from '../react/like-label'
import type { likeText } from '../react/like-text'
import type { LikeInput } from '../react/registers'
import { EMPTY_ENTRY, mergeLikes } from '../react/registers'
import { shownLikes } from '../react/shown'
import { attributesOf } from './attributes'
import { formatCount, HEART, STYLE } from './look'

/** Options of {@link renderOneCount}. */
export interface RenderOptions {
  /**
   * Which kind of likes these are; with `api`.
   * @default `like`
   */
  kind?: string
  /**
   * Where the API of the kind is, as `/api/kinds/bookmark`.
   * @default `/api/likes`
   */
  api?: string
  /**
   * Names the button; set `OneCount.text` in the browser to the same.
   * @default {@link likeText}, English
   */
  text?: typeof likeText
  /**
   * Writes the number; set `OneCount.format` in the browser to the same.
   * @default its digits, a dash for `null`
   */
  format?: (count: number | null) => string
  /**
   * For a content security policy without `'unsafe-inline'` for styles.
   * @default none
   */
  nonce?: string
}

/**
 * The HTML of a `<one-count>`: heart and number are in the first HTML, as declarative shadow DOM, before any script runs.
 * For any server; imports nothing of Node and of browsers. Everything is escaped.
 *
 * @param likes the state that the engine or `readLikes` of a page has answered; left out: a dash
 * @example
 * const likes = await page.readLikes(posts.map(post => post.id))
 * const html = posts.map(post => `<li>${escape(post.caption)} ${renderOneCount(post.id, likes.get(post.id))}</li>`)
 */
export function renderOneCount(
  postId: string,
  likes?: LikeInput,
  { kind, api, text, format = formatCount, nonce }: RenderOptions = {},
): string {
  const shown = shownLikes(likes && mergeLikes(EMPTY_ENTRY, likes, 0), undefined)
  const host = { post: postId, kind, api, ...(likes && attributesOf(likes)) }
  const button = {
    part: shown.liked ? 'button liked' : 'button',
    type: 'button',
    'aria-pressed': String(shown.liked),
    'aria-label': (text ?? likeLabel)('label', shown),
  }
  const number = shown.private ? '' : `<span part="count">${toEntities(format(shown.count))}</span>`
  const heart = `<svg part="heart" viewBox="0 0 24 24" aria-hidden="true"><path d="${HEART}"/></svg>`
  return (
    `<one-count${attributes(host)}><template shadowrootmode="open">` +
    `<style${attributes({ nonce })}>${STYLE}</style>` +
    `<button${attributes(button)}>${heart}${number}</button></template></one-count>`
  )
}

const attributes = (values: Record<string, string | undefined>): string =>
  Object.entries(values)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${toEntities(value)}"`))
    .join('')

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const toEntities = (text: string): string => text.replace(/[&<>"']/g, character => ENTITIES[character]!)
