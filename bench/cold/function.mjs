// A function that has just been started, as a platform starts one: imports, makes an engine, takes one like.
const began = performance.now()
const [{ createOnecount }, { postgresJsPort }, { upstashFromEnv }, { default: postgres }] = await Promise.all(
  [import('onecount'), import('onecount/postgres'), import('onecount/upstash'), import('postgres')],
)
const importedMs = performance.now() - began
const importedCpu = process.cpuUsage()
const { DATABASE_URL, POST } = process.env
// As behind a pooler in transaction mode.
const sql = postgres(DATABASE_URL, { max: 1, prepare: false, fetch_types: false, onnotice() {} })
const onecount = createOnecount({
  redis: upstashFromEnv(process.env, { timeoutMs: 10_000 }).port,
  postgres: postgresJsPort(sql),
  log: { warn() {} },
})
const ready = performance.now()
const { source } = await onecount.set(POST, crypto.randomUUID(), true)
const likeMs = performance.now() - ready
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    source,
    importedMs,
    importedCpuMs: (importedCpu.user + importedCpu.system) / 1000,
    likeMs,
    cpuMs: (user + system) / 1000,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
  }),
)
await sql.end()
