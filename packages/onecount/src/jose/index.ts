export { type SessionOfToken, type TokenOptions, tokenSession } from './token-session'
