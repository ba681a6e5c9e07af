import { useEffect, useEffectEvent, useRef, useState } from 'react'

/** What the demo's tabs of one browser tell each other. */
type Message =
  | { kind: 'here' | 'too' | 'gone'; from: string }
  | { kind: 'shown'; from: string; count: number }

/**
 * Tells the other tabs of this page which number stands here, and hears when theirs change.
 *
 * @param count what this tab shows
 * @param onShown told the number that another tab has just drawn
 * @returns how many other tabs there are
 */
export function useOtherTabs(postId: string, count: number | null, onShown: (count: number) => void): number {
  const [others, setOthers] = useState<ReadonlySet<string>>(new Set())
  const channel = useRef<{ id: string; send(message: Message): void }>(undefined)
  const hear = useEffectEvent(onShown)

  useEffect(() => {
    const id = crypto.randomUUID?.() ?? String(performance.timeOrigin + Math.random())
    const open = new BroadcastChannel(`huella-demo:${postId}`)
    const send = (message: Message) => open.postMessage(message)
    channel.current = { id, send }
    open.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === 'shown') hear(data.count)
      if (data.kind === 'here') send({ kind: 'too', from: id })
      setOthers(known => {
        const next = new Set(known).add(data.from)
        if (data.kind === 'gone') next.delete(data.from)
        return next
      })
    }
    const leave = () => send({ kind: 'gone', from: id })
    send({ kind: 'here', from: id })
    window.addEventListener('pagehide', leave)
    return () => {
      window.removeEventListener('pagehide', leave)
      leave()
      open.close()
    }
  }, [postId])

  useEffect(() => {
    const { id = '', send } = channel.current ?? {}
    if (count !== null) send?.({ kind: 'shown', from: id, count })
  }, [count])

  return others.size
}
