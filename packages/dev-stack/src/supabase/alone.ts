/**
 * Runs pieces of work one after the other. PGlite is one session of Postgres, in which the statements of two requests
 * would share a transaction and a role: one that fails would take the other's changes with it, unseen.
 *
 * @param rollBack ends the transaction that a piece of work may have left open or aborted; does nothing where there is
 * none
 * @returns the function that runs one piece of work, and answers what it answers
 */
export function alone(rollBack: () => Promise<unknown>) {
  let last: Promise<unknown> = Promise.resolve()

  async function run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      if (!(result instanceof Response)) return result
      // A body that is still being made reads from the database.
      return new Response(result.body && (await result.arrayBuffer()), result) as T
    } finally {
      await rollBack()
    }
  }

  return <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(() => run(work))
    last = done.catch(() => {})
    return done
  }
}
