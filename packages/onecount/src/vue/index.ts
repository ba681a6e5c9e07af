/**
 * The client for Vue 3.
 * @module
 */

import {
  type ComputedRef,
  computed,
  getCurrentInstance,
  inject,
  type MaybeRefOrGetter,
  onMounted,
  type Plugin,
  shallowRef,
  toValue,
  watchEffect,
} from 'vue'
import { createLikes, type Likes, type LikesOptions } from '../client/create-likes'
import type { LikesObserver, ObservedLikes, ObserverOptions } from '../client/observe-likes'
import { renderedLikes } from '../client/rendered-likes'

export { createHttpTransport, type HttpTransportOptions } from '../react/http-transport'
export type { LikesOptions, ObservedLikes, ObserverOptions }

const keyOf = (kind: string) => `onecount:${kind}`

/**
 * The likes of a kind for a Vue application, as a plugin: once an application and kind. On a server once a request, as
 * an application is made for each.
 *
 * @example
 * createApp(App).use(likesPlugin()).mount('#app')
 */
export function likesPlugin(options?: LikesOptions): Plugin {
  const likes = createLikes(options)
  return { install: app => void app.provide(keyOf(likes.kind), likes) }
}

/** What {@link useLikes} takes beside the post. */
export interface UseLikesOptions extends Pick<ObserverOptions, 'text'> {
  /**
   * Which likes of the post: those of the `likesPlugin` of this kind.
   * @default 'like'
   */
  kind?: string
  /**
   * What the server rendered; a getter or ref where it changes.
   * @default nothing: the post is read when it is shown
   */
  seed?: MaybeRefOrGetter<ObserverOptions['seed']>
}

/** A post's likes in a component; `like` has all of them, the rest is by name for templates. */
export interface UseLikesReturn extends Omit<LikesObserver, 'current' | 'subscribe' | 'seed'> {
  /** All of it. */
  like: ComputedRef<ObservedLikes>
  /** `null` is unknown: a dash, never 0. */
  count: ComputedRef<number | null>
  /** Whether the heart is filled. */
  liked: ComputedRef<boolean>
  /** What the count is worth. */
  status: ComputedRef<ObservedLikes['status']>
  /** For `v-bind` of a `<button>`: what screen readers need, and the press. */
  button: ComputedRef<{ type: 'button'; 'aria-pressed': boolean; 'aria-label': string; onClick(): void }>
}

/**
 * What `useLikes` answers, under the name of 0.1.
 * @deprecated since 0.2: {@link UseLikesReturn}
 */
export type LikesView = UseLikesReturn

/**
 * The likes of one post, the same in every view.
 *
 * @param postId a getter or ref where it changes
 * @throws Error without a `likesPlugin` of the kind
 * @example
 * const { count, liked, button } = useLikes(() => props.post.id, { seed: () => props.post.likes })
 * // <button v-bind="button">{{ liked ? '♥' : '♡' }} {{ count ?? '–' }}</button>
 */
export function useLikes(
  postId: MaybeRefOrGetter<string>,
  { kind = 'like', seed, text }: UseLikesOptions = {},
): UseLikesReturn {
  const likes = inject<Likes>(keyOf(kind))
  if (!likes)
    throw new Error(
      `No likesPlugin of the kind ${kind}: call app.use(likesPlugin(…)) before the application is mounted`,
    )
  const options = computed(() => ({ seed: toValue(seed), text }))
  const observer = computed(() => likes.observe(toValue(postId), options.value))
  const shown = shallowRef<ObservedLikes>()
  // A component that is hydrated, as an async one may be late, begins as the server has rendered it.
  const isHydrated = !!getCurrentInstance()?.vnode.el
  const first = () =>
    isHydrated ? renderedLikes(likes.store, toValue(postId), options.value) : observer.value.current()
  const like = computed(() => shown.value ?? first())

  // Not on a server, where no page is shown; and ended with the component.
  onMounted(() => {
    watchEffect(clean =>
      clean(
        observer.value.subscribe(next => {
          shown.value = next
        }),
      ),
    )
  })

  const press = () => observer.value.press()
  return {
    like,
    count: computed(() => like.value.count),
    liked: computed(() => like.value.liked),
    status: computed(() => like.value.status),
    button: computed(() => ({
      type: 'button',
      'aria-pressed': like.value.liked,
      'aria-label': like.value.label,
      onClick: press,
    })),
    press,
    toggle: () => observer.value.toggle(),
    set: liked => observer.value.set(liked),
    retry: () => observer.value.retry(),
    dismiss: () => observer.value.dismiss(),
    watch: element => observer.value.watch(element),
  }
}
