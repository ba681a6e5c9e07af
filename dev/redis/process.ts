import { createRedisMock } from 'js-redis-server'

/** The JavaScript Redis, in a process of its own. It forgets everything when it ends. */
const server = await createRedisMock()
process.send?.(`redis://127.0.0.1:${server.addresses()[0]!.port}`)
process.on('SIGTERM', () => process.exit(0))
// Ctrl-C goes to the whole group; the parent stops its parts in their order.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(0))
