// Loaded into a program that is not ours: it ends when the process that started it is gone, however that one ended.
const LOOK_MS = 1000
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
}, LOOK_MS).unref()
