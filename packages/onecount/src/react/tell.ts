import { announce } from './announce'
import { likeText } from './like-text'
import { isPending, type ShownLikes } from './shown'

/** What is still to be told of the last press on a button: its effect, then how saving it went. */
export interface Told {
  current?: 'effect' | 'saving' | 'retrying'
}

/** Announces what became of a press on a button, as far as it has not been told. */
export function tell(told: Told, like: ShownLikes, text = likeText): void {
  const was = told.current
  const say = (about: Parameters<typeof likeText>[0], next?: Told['current']) => {
    announce(text(about, like))
    told.current = next
  }
  if (!was) return
  if (like.error) say('refused')
  else if (was === 'effect') say('pressed', 'saving')
  else if (was === 'saving' && like.status === 'retrying') say('retrying', 'retrying')
  else if (isPending(like)) return
  else if (was === 'retrying') say('saved')
  else told.current = undefined
}
