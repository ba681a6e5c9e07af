import postgres from 'postgres'

let opened
export const sql = () => (opened ??= postgres(process.env.DATABASE_URL))

/** The newest posts, without their likes. */
export const listPosts = async () => [
  ...(await sql()`select id, caption from posts_new order by created_at desc limit 20`),
]
