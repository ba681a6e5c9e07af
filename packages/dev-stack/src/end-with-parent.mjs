// Loaded into a program that is not ours: it is asked to end when whoever started it is gone, however that ended.
const LOOK_MS = 1000
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
}, LOOK_MS).unref()
