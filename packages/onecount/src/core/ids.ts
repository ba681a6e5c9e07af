/** Ids go into keys and packed members: no `|`, no leading `!`, nothing that needs escaping. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const isPostId = (id: unknown): id is string => typeof id === 'string' && UUID.test(id)
export const isSessionId = (id: unknown): id is string => typeof id === 'string' && ID.test(id)
