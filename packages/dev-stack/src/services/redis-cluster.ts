import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port'
import { killOnExit } from './kill-on-exit'
import { type RedisServer, startRedisServer } from './redis-server'

const SLOTS = 16384
const PRIMARIES = 3
/** After this long without a pong, milliseconds, a node counts as failed and its replica takes over. */
const NODE_TIMEOUT = 2000
const READY_MS = 30_000
const MIGRATE_TIMEOUT = 5000

export interface ClusterNode {
  /** As the cluster names it. */
  id: string
  port: number
  /** The port on which the nodes talk to each other. */
  busPort: number
  url: string
  server: RedisServer
  /** A plain client of this node, which follows no redirection. */
  admin: Redis
  isFrozen: boolean
}

/** A slot on its way from one primary to another, as `redis-cli --cluster reshard` moves it, step by step. */
export interface SlotMove {
  /** Moves up to `count` keys in one atomic MIGRATE. @returns how many keys the source still holds */
  migrate(count: number): Promise<number>
  /** Moves the remaining keys, and gives the slot to its new primary. */
  finish(): Promise<void>
}

export interface RedisClusterOptions {
  password?: string
  /** More arguments for every server. */
  args?: string[]
}

export interface RedisCluster {
  nodes: readonly ClusterNode[]
  /** Of all nodes, also of killed ones. */
  urls: string[]
  /** The hash slot of a key. */
  slotOf(key: string): Promise<number>
  /** The primary that serves the key, as most of the living nodes see it. @throws when they see none */
  primaryOf(key: string): Promise<ClusterNode>
  /** The replica of a primary. @throws when it has none */
  replicaOf(primary: ClusterNode): Promise<ClusterNode>
  /** SIGKILL. Its replica takes over within a few node timeouts. */
  kill(node: ClusterNode): Promise<void>
  /**
   * Starts a killed node again, at its address and with its place in the cluster. It holds no data: restart a primary
   * only after its replica is promoted, or the keys are lost.
   */
  restart(node: ClusterNode): Promise<void>
  /** SIGSTOP: it hangs, and its connections stay open. */
  freeze(node: ClusterNode): void
  /** SIGCONT. */
  thaw(node: ClusterNode): void
  /** Makes the replica of a primary take over without loss. @returns the new primary */
  failover(primary: ClusterNode): Promise<ClusterNode>
  moveSlot(slot: number, from: ClusterNode, to: ClusterNode): Promise<SlotMove>
  /** Waits until every living node says `cluster_state:ok`, all see the same cluster, and replicas are in sync. */
  ready(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a real Redis Cluster on loopback: three primaries, each with a replica. Needs Redis 7 (`cluster-port`). Nothing
 * is kept when it stops.
 */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'onecount-cluster-'))
  const nodes: ClusterNode[] = []
  const stop = async () => {
    for (const { admin } of nodes) admin.disconnect()
    await Promise.all(nodes.map(({ server }) => server.kill()))
    await rm(dir, { recursive: true, force: true })
  }
  try {
    for (let i = 0; i < 2 * PRIMARIES; i++) nodes.push(await startNode(join(dir, String(i)), options))
    await joinNodes(nodes)
    return { ...controls(nodes, options), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startNode(dir: string, options: RedisClusterOptions): Promise<ClusterNode> {
  const busPort = await freePort()
  const server = await startServer({ dir }, busPort, options)
  const admin = connect(server)
  const id = (await admin.cluster('MYID')) as string
  return { id, port: server.port, busPort, url: server.url, server, admin, isFrozen: false }
}

async function startServer(
  place: { dir: string; port?: number },
  busPort: number,
  { password, args = [] }: RedisClusterOptions,
): Promise<RedisServer> {
  return killOnExit(
    await startRedisServer({
      ...place,
      password,
      args: [
        ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
        ...['--cluster-announce-ip', '127.0.0.1', '--cluster-node-timeout', String(NODE_TIMEOUT)],
        ...['--appendonly', 'no', '--repl-diskless-sync-delay', '0'],
        ...(password ? ['--masterauth', password] : []),
        ...args,
      ],
    }),
  )
}

function connect({ url }: RedisServer): Redis {
  const admin = new Redis(url, { retryStrategy: null, enableReadyCheck: false })
  admin.on('error', () => {})
  return admin
}

/** The first three nodes share the slots, each of the others replicates one of them. */
async function joinNodes(nodes: ClusterNode[]): Promise<void> {
  const [first] = nodes as [ClusterNode]
  await Promise.all(
    nodes.map(async ({ admin }, i) => {
      await admin.cluster('SET-CONFIG-EPOCH', i + 1)
      if (i > 0) await admin.call('CLUSTER', 'MEET', '127.0.0.1', String(first.port), String(first.busPort))
      if (i < PRIMARIES) await admin.cluster('ADDSLOTS', slotsOf(i))
    }),
  )
  await eventually('every node knows every other', async () => {
    const known = await Promise.all(nodes.map(({ admin }) => tableOf(admin)))
    return known.every(
      table => table.length === nodes.length && table.every(row => !row.flags.includes('handshake')),
    )
  })
  await Promise.all(nodes.slice(PRIMARIES).map(({ admin }, i) => admin.cluster('REPLICATE', nodes[i]!.id)))
  await allReady(nodes)
}

function slotsOf(primary: number): number[] {
  const start = Math.ceil((primary * SLOTS) / PRIMARIES)
  const end = Math.ceil(((primary + 1) * SLOTS) / PRIMARIES)
  return Array.from({ length: end - start }, (_, i) => start + i)
}

function controls(nodes: ClusterNode[], options: RedisClusterOptions): Omit<RedisCluster, 'stop'> {
  const { password } = options
  const byId = (id: string) => nodes.find(node => node.id === id)!

  const slotOf = async (key: string) => (await living(nodes)[0]!.admin.cluster('KEYSLOT', key)) as number

  async function primaryOf(key: string): Promise<ClusterNode> {
    const slot = await slotOf(key)
    const votes = new Map<string, number>()
    for (const table of await Promise.all(living(nodes).map(({ admin }) => tableOf(admin)))) {
      const id = table.find(row => row.ranges.some(contains(slot)))?.id
      if (id) votes.set(id, (votes.get(id) ?? 0) + 1)
    }
    const [winner] = [...votes].sort(([, a], [, b]) => b - a)
    if (!winner) throw new Error(`no primary serves ${key}`)
    return byId(winner[0])
  }

  /** Each replica is asked itself: the others hear of a change later. */
  async function replicaOf(primary: ClusterNode): Promise<ClusterNode> {
    for (const node of living(nodes)) {
      const own = (await tableOf(node.admin)).find(row => row.flags.includes('myself'))
      if (own?.primary === primary.id) return node
    }
    throw new Error(`${primary.url} has no replica`)
  }

  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    slotOf,
    primaryOf,
    replicaOf,
    ready: () => allReady(nodes),
    kill: ({ server }) => server.kill(),
    async restart(node) {
      const { dir, port } = node.server
      // Another program's connection may use the port for a moment.
      await eventually(`the node at port ${port} is back`, async () => {
        node.server = await startServer({ dir, port }, node.busPort, options)
        return true
      })
      node.admin.disconnect()
      node.admin = connect(node.server)
    },
    freeze(node) {
      node.isFrozen = node.server.child.kill('SIGSTOP')
    },
    thaw(node) {
      node.server.child.kill('SIGCONT')
      node.isFrozen = false
    },
    async failover(primary) {
      const replica = await replicaOf(primary)
      await replica.admin.cluster('FAILOVER')
      await eventually('the replica is a primary', async () =>
        (await replica.admin.info('replication')).includes('role:master'),
      )
      return replica
    },
    async moveSlot(slot, from, to) {
      await to.admin.cluster('SETSLOT', slot, 'IMPORTING', from.id)
      await from.admin.cluster('SETSLOT', slot, 'MIGRATING', to.id)
      const migrate = async (count: number) => {
        const keys = (await from.admin.cluster('GETKEYSINSLOT', slot, count)) as string[]
        if (keys.length > 0)
          await from.admin.call('MIGRATE', [
            ...['127.0.0.1', String(to.port), '', '0', String(MIGRATE_TIMEOUT)],
            ...(password ? ['AUTH', password] : []),
            ...['KEYS', ...keys],
          ])
        return (await from.admin.cluster('COUNTKEYSINSLOT', slot)) as number
      }
      const finish = async () => {
        while ((await migrate(100)) > 0);
        // The new primary first: it would lose the slot if the old one gave it away and failed.
        for (const { admin } of [to, from]) await admin.cluster('SETSLOT', slot, 'NODE', to.id)
      }
      return { migrate, finish }
    },
  }
}

/** The nodes that run and answer. */
const living = (nodes: ClusterNode[]) =>
  nodes.filter(
    ({ server: { child }, isFrozen }) => !isFrozen && child.exitCode === null && child.signalCode === null,
  )

async function allReady(nodes: ClusterNode[]): Promise<void> {
  const ids = living(nodes).map(({ id }) => id)
  const isReady = async ({ admin }: ClusterNode) => {
    const [cluster, replication] = await Promise.all([admin.cluster('INFO'), admin.info('replication')])
    return (
      String(cluster).includes('cluster_state:ok') &&
      (replication.includes('role:master') || replication.includes('master_link_status:up'))
    )
  }
  const viewOf = async ({ admin }: ClusterNode) => {
    const rows = (await tableOf(admin)).filter(row => ids.includes(row.id))
    return rows
      .map(({ id, primary, ranges }) => `${id} ${primary} ${ranges}`)
      .sort()
      .join()
  }
  await eventually('every node is ready and sees the same cluster', async () => {
    const ready = await Promise.all(living(nodes).map(isReady))
    const views = await Promise.all(living(nodes).map(viewOf))
    return ready.every(Boolean) && new Set(views).size === 1
  })
}

/** What a node knows of the cluster: a row a node. */
async function tableOf(admin: Redis) {
  const text = (await admin.cluster('NODES')) as string
  return text
    .trim()
    .split('\n')
    .map(line => {
      const [id = '', , flags = '', primary = '', , , , , ...slots] = line.split(' ')
      // In brackets: a slot that moves.
      const ranges = slots.filter(range => !range.startsWith('['))
      return { id, flags: flags.split(','), primary, ranges }
    })
}

const contains = (slot: number) => (range: string) => {
  const [start, end = start] = range.split('-').map(Number)
  return slot >= start! && slot <= end!
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + READY_MS
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error(`after ${READY_MS / 1000} s it is not yet so that ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
