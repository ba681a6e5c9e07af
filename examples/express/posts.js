import postgres from 'postgres'

export const sql = postgres(process.env.DATABASE_URL)

/** The newest posts, without their likes. */
export const listPosts = () => sql`select id, caption from posts_new order by created_at desc limit 20`
