import { sql } from './database'

/** Ids of the articles that a person likes. */
export async function likedBy(person: string | null): Promise<Set<string>> {
  if (person === null) return new Set()
  const rows = await sql`select article_id from article_likes where user_id = ${person}`
  return new Set(rows.map(row => row.article_id))
}

export async function setLike(person: string, id: string, isLiked: boolean): Promise<void> {
  if (isLiked)
    await sql`
      insert into article_likes (article_id, user_id) values (${id}, ${person}) on conflict do nothing`
  else await sql`delete from article_likes where article_id = ${id} and user_id = ${person}`
  await sql`
    update articles set like_count = (select count(*) from article_likes where article_id = ${id})
     where id = ${id}`
}
