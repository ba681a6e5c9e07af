/**
 * People by the tokens of an application, verified with `jose`.
 * @module
 */

export { type SessionOfToken, type TokenOptions, tokenSession } from './token-session'
