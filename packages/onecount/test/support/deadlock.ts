/**
 * What an application does where PostgreSQL has ended its statement for a deadlock: it runs the statement again. A batch
 * of the drain comes again by itself.
 */
export async function againAfterDeadlock<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if ((error as { code?: string }).code !== '40P01') throw error
    }
  }
}
