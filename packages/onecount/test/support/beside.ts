/** The outcome of `look`; what goes wrong meanwhile in work that goes on beside it is thrown at once. */
export function beside<T>(work: Promise<unknown>, look: PromiseLike<T>): Promise<T> {
  return Promise.race([look, work.then(() => new Promise<never>(() => {}))])
}
