import { OnecountError } from '../../core/errors'
import { isSessionId } from '../../core/ids'
import type { PersonOf } from '../../http/visitor'
import type { SessionOfToken, TokenOptions } from '../../jose'
import { loadJose } from '../drivers'
import { MissingSetting } from '../settings'

/** How a setting of tokens is named, and what is wrong with it where the detail of the error says what to do. */
const WRONG: Record<string, (isInEnvironment: boolean) => { setting: string; found: string }> = {
  jwks: isInEnvironment => cannotBeUsed(isInEnvironment ? 'ONECOUNT_JWKS' : '--jwks'),
  secret: () => cannotBeUsed('ONECOUNT_JWT_SECRET'),
  issuer: () => ({ setting: '--issuer', found: '--issuer (ONECOUNT_JWT_ISSUER) is not set' }),
  audience: () => ({ setting: '--audience', found: '--audience (ONECOUNT_JWT_AUDIENCE) is not set' }),
}

const cannotBeUsed = (setting: string) => ({ setting, found: `${setting} cannot be used` })

/** Who sends a request, by the token of the application. @throws MissingSetting, naming the setting */
export async function personOfToken(
  token: TokenOptions,
  env: Record<string, string | undefined>,
): Promise<PersonOf> {
  const { tokenSession } = await loadJose()
  const { claim = 'sub' } = token
  let session: SessionOfToken
  try {
    session = tokenSession(token)
  } catch (error) {
    if (!(error instanceof OnecountError) || !error.options.detail) throw error
    const { field = '', detail } = error.options
    const wrong = WRONG[field]?.(token.jwks === env.ONECOUNT_JWKS)
    throw wrong
      ? new MissingSetting(`${wrong.found}: ${detail}`, { setting: wrong.setting })
      : new MissingSetting(detail)
  }
  return async request => {
    const id = await session(request)
    if (id === null || isSessionId(id)) return id
    // The id is not repeated: it may be an address of a person.
    throw new OnecountError('misconfigured', {
      field: '--claim',
      detail: `the claim ${claim} of a token is no id: name another one with --claim, of 1 to 128 letters, digits, _ - . :`,
    })
  }
}
