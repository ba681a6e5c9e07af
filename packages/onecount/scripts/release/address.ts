/** Where the sources of the package can be seen by everybody. */
export interface Address {
  /** `https://host/owner/name`, without `.git`. */
  page: string
  /** Whether issues are at `<page>/issues`. */
  hasIssues: boolean
}

/** Hosts that keep issues beside the sources, under this path. */
const FORGES = ['github.com', 'gitlab.com', 'codeberg.org']

/**
 * The public address of this repository: that of the workflow which runs this (`GITHUB_SERVER_URL` and
 * `GITHUB_REPOSITORY`), else the https or ssh address that `git remote get-url origin` prints; `null` where there is
 * none, and where it is a path or a host of this machine or of a private network. Names and passwords in it are left out.
 */
export function publicAddress(
  env: Record<string, string | undefined>,
  origin: string | null,
): Address | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = env
  const workflow = server && name ? parse(`${server}/${name}`) : null
  if (workflow) return { ...workflow, hasIssues: true }
  return origin ? parse(origin) : null
}

function parse(text: string): Address | null {
  // `git@host:owner/name`, the short form of ssh.
  const short = /^(?:[\w.-]+@)?([\w.-]+\.[\w-]+):(?!\/\/)\/?(.+)$/.exec(text.trim())
  const address = short ? `ssh://${short[1]}/${short[2]}` : text.trim()
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  if (!['https:', 'ssh:', 'git+ssh:'].includes(url.protocol)) return null
  const path = url.pathname.replace(/\/+$/, '').replace(/\.git$/, '')
  if (!isPublicHost(url.hostname) || !/^\/[\w.~-]+(\/[\w.~-]+)+$/.test(path)) return null
  // The port of ssh is not that of the page.
  const host = url.protocol === 'https:' ? url.host : url.hostname
  return { page: `https://${host}${path}`, hasIssues: FORGES.includes(url.hostname) }
}

/** A name of the public domain name system; addresses of machines are none. */
const isPublicHost = (host: string): boolean =>
  /^([a-z\d-]+\.)+[a-z]{2,}$/i.test(host) &&
  !/\.(local|localhost|localdomain|internal|intranet|lan|home|corp|test|example|invalid)$/i.test(`.${host}`)

/** What package.json says of it. */
export const manifestFields = ({ page, hasIssues }: Address, directory: string) => ({
  homepage: `${page}#readme`,
  ...(hasIssues && { bugs: { url: `${page}/issues` } }),
  repository: { type: 'git', url: `git+${page}.git`, directory },
})
