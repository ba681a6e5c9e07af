import { connection } from 'next/server'
import { LikesClock } from 'onecount/react'

/** Tells the browser the server's time of this request: its own clock may be years off. */
export async function ServerTime() {
  await connection()
  return <LikesClock now={Date.now()} />
}
