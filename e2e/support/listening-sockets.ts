import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Where a process listens. */
export interface ListeningSocket {
  pid: number
  address: string
  port: number
}

const LISTEN = '0A'

/** The listening TCP sockets of a process and of all that it has started, as the kernel of Linux tells them. */
export function listeningSockets(root: number): ListeningSocket[] {
  const byInode = new Map(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(file =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(1)
        .filter(Boolean)
        .flatMap(line => {
          const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
          const [address, port] = local!.split(':')
          return state === LISTEN
            ? [[inode!, { address: toAddress(address!), port: Number.parseInt(port!, 16) }] as const]
            : []
        }),
    ),
  )
  return treeOf(root).flatMap(pid =>
    inodesOf(pid).flatMap(inode => (byInode.has(inode) ? [{ pid, ...byInode.get(inode)! }] : [])),
  )
}

/** The process and its descendants. */
export function treeOf(root: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .flatMap(pid => {
        try {
          // The name stands in parentheses and may hold anything.
          const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
          return [[Number(pid), Number(parent)] as const]
        } catch {
          return []
        }
      }),
  )
  const tree = [root]
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child)
  return tree
}

function inodesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

/** The kernel writes words of four bytes in the order of the machine, the lowest byte first. */
function toAddress(hex: string): string {
  const bytes = hex.match(/.{8}/g)!.flatMap(word => word.match(/../g)!.reverse())
  if (bytes.length === 4) return bytes.map(byte => Number.parseInt(byte, 16)).join('.')
  const groups = bytes.join('').match(/.{4}/g)!
  const mapped = groups.slice(0, 6).join('') === '00000000000000000000ffff'
  return mapped
    ? bytes
        .slice(12)
        .map(byte => Number.parseInt(byte, 16))
        .join('.')
    : groups
        .map(group => Number.parseInt(group, 16).toString(16))
        .join(':')
        .replace(/\b(0:)+/, ':')
        .replace(/^:0$/, '::')
}
