const watched = new WeakSet<NodeJS.WriteStream>()
const closed = new WeakSet<NodeJS.WriteStream>()

/** Writes as long as it is read: where the reader has gone away the work goes on, as its result is somewhere else. */
function write(out: NodeJS.WriteStream, text: string): void {
  if (!watched.has(out)) {
    watched.add(out)
    out.on('error', () => closed.add(out))
  }
  if (!closed.has(out)) out.write(text)
}

/** Shows how far a long work is: one line that is rewritten on a terminal, a line now and then elsewhere. `total` may be unknown. */
export function createProgress(
  label: string,
  total: number | null,
  out: NodeJS.WriteStream = process.stderr,
) {
  const started = Date.now()
  let shownAt = 0
  const line = (done: number) => {
    const rate = Math.round(done / Math.max(0.001, (Date.now() - started) / 1000)).toLocaleString('en')
    const posts = done.toLocaleString('en')
    if (total === null) return `${label}: ${posts} posts, ${rate}/s`
    const share = total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total))
    return `${label}: ${posts} of ${total.toLocaleString('en')} posts (${share}%), ${rate}/s`
  }
  const show = (text: string) => {
    if (Date.now() - shownAt < (out.isTTY ? 100 : 5000)) return
    shownAt = Date.now()
    write(out, out.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
  }
  return {
    update(done: number): void {
      show(line(done))
    },
    /** Of a part whose rows are not counted: from 0 to 1. */
    share(part: string, share: number): void {
      show(`${label}: ${part} ${Math.floor(100 * share)}%`)
    },
    clear(): void {
      if (out.isTTY) write(out, '\r\x1b[K')
    },
    end(done: number): void {
      write(out, out.isTTY ? `\r\x1b[K${line(done)}\n` : `${line(done)}\n`)
    },
  }
}
