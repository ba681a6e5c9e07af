/** The slot is part of every page, of those too that have to know their status before anything is sent. */
export const instant = false

/** No post is open. */
export default function NoModal() {
  return null
}
