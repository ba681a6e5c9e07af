/**
 * Makes one request of all that is asked for within `windowMs`: the hooks of a page that mounts ask one by one.
 * What `read` answers is handed out by id; an id that it leaves out gets undefined.
 */
export function createBatcher<T>(
  read: (ids: string[]) => Promise<Map<string, T>>,
  windowMs = 10,
): (id: string) => Promise<T | undefined> {
  const ids = new Set<string>()
  let answer: Promise<Map<string, T>> | undefined

  function send() {
    const asked = [...ids]
    ids.clear()
    answer = undefined
    return read(asked)
  }

  return async id => {
    ids.add(id)
    answer ??= new Promise(resolve => setTimeout(resolve, windowMs)).then(send)
    return (await answer).get(id)
  }
}
