/** What a server says: little, and nothing while all is well. */
export interface ServeLog {
  info(message: string): void
  warn(message: string): void
}

/** Lines for people, `[onecount] …`; or with `isJson` one object a line. Warnings go to stderr. */
export function createServeLog(isJson: boolean): ServeLog {
  const line = (level: string, message: string) =>
    isJson
      ? JSON.stringify({ time: new Date().toISOString(), level, pid: process.pid, message: plain(message) })
      : `[onecount] ${plain(message)}`
  return {
    info: message => console.log(line('info', message)),
    warn: message => console.error(line('warn', message)),
  }
}

/** What others have put in front for a log of their own. */
const plain = (message: string): string => message.replace(/^\[onecount\] /, '')
