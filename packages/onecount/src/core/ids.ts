/** Ids go into keys and packed members: no `|`, no leading `!`, nothing that needs escaping. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Whether this is the id of a post of the kind that there is without a configuration: a UUID in lower case.
 * @example
 * isPostId('50050001-aaaa-bbbb-cccc-ddddeeee0001') // true
 */
export const isPostId = (id: unknown): id is string => typeof id === 'string' && UUID.test(id)
/**
 * Whether this can be who likes: 1 to 128 letters, digits, `_` `-` `.` `:`, of which the first is none of the last three.
 * @example
 * isSessionId('github:1234') // true
 */
export const isSessionId = (id: unknown): id is string => typeof id === 'string' && ID.test(id)
