/**
 * Answers requests one after the other. PGlite is one session of Postgres, in which the statements of two requests would
 * share a transaction and a role: one that fails would take the other's changes with it, unseen.
 *
 * @param rollBack ends the transaction that a request may have left open or aborted; does nothing where there is none
 * @returns the function that runs the work of one request
 */
export function alone(rollBack: () => Promise<unknown>) {
  let last: Promise<unknown> = Promise.resolve()

  async function answer(work: () => Promise<Response>): Promise<Response> {
    try {
      const response = await work()
      // A body that is still being made reads from the database.
      return new Response(response.body && (await response.arrayBuffer()), response)
    } finally {
      await rollBack()
    }
  }

  return (work: () => Promise<Response>): Promise<Response> => {
    const answered = last.then(() => answer(work))
    last = answered.catch(() => {})
    return answered
  }
}
