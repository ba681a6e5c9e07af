/**
 * Answers requests one after the other. PGlite is one session of Postgres, in which the statements of two requests would
 * share a transaction and a role: one that fails would take the other's changes with it, unseen.
 *
 * @param rollBack ends the transaction that a failed request may have left open
 * @returns the function that runs the work of one request
 */
export function alone(rollBack: () => Promise<unknown>) {
  let last: Promise<unknown> = Promise.resolve()

  async function answer(work: () => Promise<Response>): Promise<Response> {
    let isOk = false
    try {
      const response = await work()
      // A body that is still being made reads from the database.
      const body = response.body && (await response.arrayBuffer())
      isOk = response.ok
      return new Response(body, response)
    } finally {
      if (!isOk) await rollBack()
    }
  }

  return (work: () => Promise<Response>): Promise<Response> => {
    const answered = last.then(() => answer(work))
    last = answered.catch(() => {})
    return answered
  }
}
