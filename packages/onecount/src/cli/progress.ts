/** Shows how far a long work is: one line that is rewritten on a terminal, a line now and then elsewhere. */
export function createProgress(label: string, total: number, out: NodeJS.WriteStream = process.stderr) {
  const started = Date.now()
  let shownAt = 0
  const line = (done: number) => {
    const share = total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total))
    const rate = Math.round(done / Math.max(0.001, (Date.now() - started) / 1000))
    return `${label}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} posts (${share}%), ${rate.toLocaleString('en')}/s`
  }
  return {
    update(done: number): void {
      if (Date.now() - shownAt < (out.isTTY ? 100 : 5000)) return
      shownAt = Date.now()
      out.write(out.isTTY ? `\r\x1b[K${line(done)}` : `${line(done)}\n`)
    },
    end(done: number): void {
      out.write(out.isTTY ? `\r\x1b[K${line(done)}\n` : `${line(done)}\n`)
    },
  }
}
