/**
 * A signal that aborts after `ms`, as `AbortSignal.timeout`, but only once what has arrived by then was read. A process
 * that was frozen or busy runs its timers first: a call whose answer lies in the socket would fail, and its store would
 * seem unreachable.
 */
export function deadline(ms: number): AbortSignal {
  const controller = new AbortController()
  const reason = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  // Sockets are read between timers and this.
  const late = () => setImmediate(() => controller.abort(reason()))
  setTimeout(late, ms).unref()
  return controller.signal
}
