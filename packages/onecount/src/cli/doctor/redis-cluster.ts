import type { Cluster } from 'ioredis'
import { slotOf, tagOf } from '../../core/keys'
import { guide } from '../guide'
import { attempt, type Finding, fail, ok, warn } from './check'
import { checkEach } from './each-node'

/** What a node says of a node: a row of CLUSTER NODES. */
interface Node {
  address: string
  host: string
  port: number
  isPrimary: boolean
  isDown: boolean
  /** Of its primary, where it is a replica. */
  primaryId: string
  id: string
  slots: [first: number, last: number][]
}

/** Partitions for each primary that is there: enough to add primaries without changing the number. */
const A_PRIMARY = 4

/** The cluster as a whole, then each of its nodes as a single Redis. */
export async function checkCluster(cluster: Cluster, partitions = 1): Promise<Finding[]> {
  let nodes: Node[] = []
  const whole = await attempt('Redis Cluster', fixOf, async () => {
    nodes = await nodesOf(cluster)
    return judgeNodes(nodes)
  })
  if (nodes.length === 0) return [whole]
  return [
    whole,
    ...(await checkCoverage(cluster)),
    judgeSpread(nodes, partitions),
    ...(await checkEach(
      nodes.filter(({ isDown }) => !isDown),
      cluster.options.redisOptions ?? {},
    )),
  ]
}

const fixOf = () => 'see that the cluster answers, and that this user may call CLUSTER NODES'

async function nodesOf(cluster: Cluster): Promise<Node[]> {
  const [asked] = cluster.nodes('master')
  if (!asked) throw new Error('no primary is known')
  const text = (await asked.call('CLUSTER', 'NODES')) as string
  return text
    .trim()
    .split('\n')
    .map(line => toNode(line, asked.options.host!))
}

/** `<id> <ip:port@bus,hostname> <flags> <id of its primary> <ping> <pong> <epoch> <link> <slots…>`. */
function toNode(line: string, asked: string): Node {
  const [id = '', where = '', flags = '', primaryId = '', , , , , ...ranges] = line.split(' ')
  const [, ip, port, hostname] = /^(.*):(\d+)(?:@\d+)?(?:,([^,]*))?/.exec(where) ?? []
  // A node that was never reached from outside does not know its own address.
  const host = hostname || ip || asked
  const marks = flags.split(',')
  return {
    id,
    primaryId,
    host,
    port: Number(port),
    address: `${host}:${port}`,
    isPrimary: marks.includes('master'),
    isDown: marks.some(mark => ['fail', 'noaddr', 'handshake'].includes(mark)),
    // In brackets: a slot that moves.
    slots: ranges
      .filter(range => range && !range.startsWith('['))
      .map(range => {
        const [first, last = first] = range.split('-').map(Number)
        return [first!, last!]
      }),
  }
}

const serving = (nodes: Node[]) =>
  nodes.filter(node => node.isPrimary && !node.isDown && node.slots.length > 0)
const list = (nodes: Node[]) => nodes.map(({ address }) => address).join(', ')

function judgeNodes(nodes: Node[]): Finding {
  const name = 'Redis Cluster'
  const primaries = serving(nodes)
  const replicas = nodes.filter(node => !node.isPrimary && !node.isDown)
  const found = `${primaries.length} primaries, ${replicas.length} replicas`
  const down = nodes.filter(({ isDown }) => isDown)
  if (down.length > 0)
    return warn(
      name,
      `${found}, ${list(down)} down`,
      'start it again, or let the cluster forget it (CLUSTER FORGET on every node)',
    )
  const alone = primaries.filter(({ id }) => !replicas.some(({ primaryId }) => primaryId === id))
  return alone.length > 0
    ? warn(
        name,
        `${found}: none replicates ${list(alone)}`,
        'add a replica: until then Postgres serves the partitions of such a primary for as long as it is down',
      )
    : ok(name, found)
}

/** Nothing is said where CONFIG is refused: the provider has decided. */
async function checkCoverage(cluster: Cluster): Promise<Finding[]> {
  const asked = cluster.nodes('master')[0]
  const reply = (await asked?.config('GET', 'cluster-require-full-coverage').catch(() => [])) as string[]
  return reply?.[1] === 'yes'
    ? [
        warn(
          'Redis coverage',
          'cluster-require-full-coverage yes: while one primary is down, no other one answers',
          'CONFIG SET cluster-require-full-coverage no on every node, then CONFIG REWRITE',
        ),
      ]
    : []
}

/** How many partitions each primary serves. */
function judgeSpread(nodes: Node[], partitions: number): Finding {
  const name = 'Redis partitions'
  const primaries = serving(nodes)
  const counts = primaries.map(() => 0)
  for (let partition = 0; partition < partitions; partition++) {
    const slot = slotOf(tagOf(partition, partitions, true).slice(1, -1))
    const at = primaries.findIndex(({ slots }) =>
      slots.some(([first, last]) => slot >= first && slot <= last),
    )
    if (at < 0)
      return fail(
        name,
        `slot ${slot} of partition ${partition} is served by no node`,
        'redis-cli --cluster fix',
      )
    counts[at]!++
  }
  const idle = counts.filter(count => count === 0).length
  const found =
    partitions === 1
      ? `1: ${primaries[counts.indexOf(1)]!.address} serves everything`
      : `${partitions}: ${[...counts].sort((a, b) => b - a).join(', ')} on ${primaries.length} primaries`
  return idle > 0
    ? warn(
        name,
        found,
        `npx onecount partitions ${A_PRIMARY * primaries.length}, a multiple of the primaries: ${guide('scale')}`,
      )
    : ok(name, found)
}
