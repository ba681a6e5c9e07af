import { OnecountError } from 'onecount'
import { prepareApi } from './http'

/** Says at the start which setting the API cannot work with; until it is right, every address answers `misconfigured`. */
export function checkSettings(): void {
  try {
    prepareApi()
  } catch (error) {
    if (!(error instanceof OnecountError)) throw error
    console.error(`[onecount] ${error.message}`)
  }
}
