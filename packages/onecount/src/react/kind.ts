/** The kind that is meant where none is named: as without kinds at all. */
export const DEFAULT_KIND = 'like'

/** Where the API of the default kind is, unless an application mounts it elsewhere. */
export const DEFAULT_ADDRESS = '/api/likes'

/**
 * Sets what a browser keeps of one kind on one server apart from what it keeps of any other, whose posts may have the
 * same ids; empty for the default kind at /api/likes. No id begins with a `/` or `@`.
 */
export const scopeOf = (kind: string, address = DEFAULT_ADDRESS): string =>
  (kind === DEFAULT_KIND ? '' : `/${kind}`) + (address === DEFAULT_ADDRESS ? '' : `@${address}`)

/** Of which likes. */
export interface KindOptions {
  /**
   * The kind: those of the `LikesProvider` of this kind.
   * @default 'like'
   */
  kind?: string
}
