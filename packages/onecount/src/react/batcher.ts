/**
 * Makes one request of all that is asked for within `windowMs`: the hooks of a page that mounts ask one by one.
 * What `read` answers is handed out by id; an id that it leaves out gets undefined.
 */
export function createBatcher<T>(
  read: (ids: string[]) => Promise<Map<string, T>>,
  windowMs = 10,
): (id: string) => Promise<T | undefined> {
  let batch: { ids: Set<string>; answer: Promise<Map<string, T>> } | undefined

  function open() {
    const ids = new Set<string>()
    const answer = new Promise<void>(resolve => setTimeout(resolve, windowMs)).then(() => {
      batch = undefined
      return read([...ids])
    })
    batch = { ids, answer }
    return batch
  }

  return async id => {
    const { ids, answer } = batch ?? open()
    ids.add(id)
    return (await answer).get(id)
  }
}
