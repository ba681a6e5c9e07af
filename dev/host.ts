import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { isLoopback } from '@onecount/dev-stack/loopback'

/** Where the application listens, and by which names it is found there. */
export interface Host {
  /** What Next is told. */
  address: string
  /** Names and addresses for a browser, the best one first. */
  names: string[]
  /** Whether other machines reach it. */
  isOpen: boolean
}

const ANY = ['0.0.0.0', '::']
const LOCAL = ['localhost', '127.0.0.1', '[::1]']

/**
 * What `--host` means.
 *
 * @param wanted undefined: this machine alone
 * @throws RangeError when it is no address of this machine
 */
export async function resolveHost(wanted = '127.0.0.1'): Promise<Host> {
  const own = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const addresses = own.filter(({ scopeid }) => !scopeid).map(({ address }) => address)
  const bare = wanted.replace(/^\[(.*)\]$/, '$1')
  // Short numbers such as 0 and 127.1 are addresses to a resolver, and typing errors of a person.
  const address = isIP(bare) || !/[a-z]/i.test(bare) ? bare : await resolved(bare)
  if (ANY.includes(address)) {
    const outside = addresses.filter(one => !isLoopback(one))
    return { address, names: [...LOCAL, ...outside.map(inUrl), hostname().toLowerCase()], isOpen: true }
  }
  if (!addresses.includes(address) && !isLoopback(address)) {
    throw new RangeError(
      `--host ${wanted} is no address of this machine: use 0.0.0.0 for all of them, or one of ${addresses.join(', ')}`,
    )
  }
  const isOpen = !isLoopback(address)
  const names = address === '127.0.0.1' ? ['localhost', '127.0.0.1'] : [inUrl(address)]
  if (!isIP(bare) && !names.includes(bare)) names.push(bare.toLowerCase())
  return { address, names, isOpen }
}

const resolved = (name: string) =>
  lookup(name).then(
    found => found.address,
    () => name,
  )

const inUrl = (address: string) => (isIP(address) === 6 ? `[${address}]` : address)
