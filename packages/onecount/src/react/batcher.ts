/** Ids in one request, as the HTTP API takes them. */
export const MAX_IDS = 100

/**
 * Makes one request of all that is asked for within `windowMs`: the hooks of a page that mounts ask one by one. Of more
 * than `MAX_IDS` ids it makes several: one that fails rejects only what it has asked for. What `read` answers is handed
 * out by id; an id that it leaves out gets undefined.
 */
export function createBatcher<T>(
  read: (ids: string[]) => Promise<Map<string, T>>,
  windowMs = 10,
): (id: string) => Promise<T | undefined> {
  let ids: Set<string>
  let answer: Promise<Map<string, T>> | undefined

  return async id => {
    if (!answer || ids.size === MAX_IDS) {
      const asked = new Set<string>()
      ids = asked
      answer = new Promise(resolve => setTimeout(resolve, windowMs)).then(() => {
        answer = undefined
        return read([...asked])
      })
    }
    ids.add(id)
    return (await answer).get(id)
  }
}
