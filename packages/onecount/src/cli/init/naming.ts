import type { Table } from '../../core/kind'

/** What tables of likes are called, by their last word. */
const LIKES = new Set(
  `bookmark clap fav favorite favourite heart like kudo kudos rating reaction save star upvote vote`.split(
    ' ',
  ),
)

/** What tables of people and of their sessions are called. */
const PEOPLE = new Set(
  `account actor author customer liker member owner people person profile session uid user visitor voter`.split(
    ' ',
  ),
)

/** What tells anonymous visitors apart. */
const VISITORS = new Set('device session visitor'.split(' '))

/** `ArticleLikes`, `article likes` and `article_likes` alike: article, likes. */
export const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)

export const singular = (word: string): string =>
  word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.replace(/([^s])s$/, '$1')

const lastOf = (name: string): string => singular(wordsOf(name).at(-1) ?? '')

export const isLikesName = (table: string): boolean => LIKES.has(lastOf(table))
export const isPeopleName = (table: string): boolean => PEOPLE.has(lastOf(table))

/** What a column of an id is about: `user` of `user_id`, `userId` and `user`. */
export function subjectOf(column: string): string {
  const words = wordsOf(column)
  if (words.length > 1 && ['id', 'uuid', 'uid'].includes(words.at(-1)!)) words.pop()
  return words.map(singular).join('_')
}

export const isPeopleColumn = (column: string): boolean =>
  PEOPLE.has(subjectOf(column).split('_').at(-1)!) ||
  /^(created|liked|voted)_by$/.test(wordsOf(column).join('_'))

export const isVisitorColumn = (column: string): boolean => VISITORS.has(subjectOf(column).split('_').at(-1)!)

/** What a table of likes says that is liked: `article` of `article_likes`. */
export const subjectOfTable = (table: string): string => wordsOf(table).slice(0, -1).map(singular).join('_')

/** Whether the column's name is that of the table: `article_id` and `articles`. */
export const isNamedAfter = (column: string, table: string): boolean =>
  subjectOf(column) === wordsOf(table).map(singular).join('_')

/** What a kind on a table of rows is called: `like` of `article_likes`. */
export const kindNameOf = (table: string): string => lastOf(table).slice(0, 20)

/** The same where another table would have that name: `articlelike`. */
export const longKindNameOf = (table: string): string => wordsOf(table).map(singular).join('').slice(0, 20)

/** A table as a configuration names it: `articles`, `blog.articles`, `blog."Old.Articles"`. */
export function nameOfTable({ schema, table }: Table): string {
  const [first, second] = [schema, table].map(name => (name.includes('.') ? `"${name}"` : name))
  return schema === 'public' ? second! : `${first}.${second}`
}
