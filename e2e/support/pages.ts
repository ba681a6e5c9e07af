import { BEAR } from './views'

/** Every kind of page that a visitor sees. */
export const PAGES = [
  '/',
  '/rank',
  '/likes',
  '/people',
  '/profile/lucia_nature',
  `/post/${BEAR}`,
  '/demo',
  '/sign-in',
]
