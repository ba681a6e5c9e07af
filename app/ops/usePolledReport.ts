'use client'

import { useEffect, useEffectEvent, useState } from 'react'
import { EVERY_MS, KEPT_MS } from './point'
import type { Report } from './report'

/** `late`: the server does not answer; `closed`: the cookie is not good any more. */
export type Polling = 'live' | 'late' | 'closed'

const DEADLINE_MS = 8000

/** The report as it is now: asked for again two seconds after each answer, for as long as the page is in front. */
export function usePolledReport(first: Report): { report: Report; polling: Polling } {
  const [report, setReport] = useState(first)
  const [polling, setPolling] = useState<Polling>('live')

  const poll = useEffectEvent(async (signal: AbortSignal) => {
    const after = report.points.at(-1)?.at ?? 0
    try {
      const response = await fetch(`/api/ops?since=${report.since}&after=${after}`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
      })
      if (response.status === 401 || response.status === 404) return setPolling('closed')
      if (!response.ok) return setPolling('late')
      const answer = (await response.json()) as Report
      setReport(before => joined(before, answer))
      setPolling('live')
    } catch {
      if (!signal.aborted) setPolling('late')
    }
  })

  useEffect(() => {
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    let isAsking = false
    const turn = async () => {
      clearTimeout(timer)
      if (isAsking || document.visibilityState === 'hidden') return
      isAsking = true
      await poll(leaving.signal)
      isAsking = false
      if (!leaving.signal.aborted) timer = setTimeout(turn, EVERY_MS)
    }
    timer = setTimeout(turn, EVERY_MS)
    document.addEventListener('visibilitychange', turn)
    return () => {
      leaving.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', turn)
    }
  }, [])

  return { report, polling }
}

/** Of the same process the points that came since are added; another one begins anew. */
export function joined(before: Report, answer: Report): Report {
  if (before.since !== answer.since) return answer
  const oldest = answer.now - KEPT_MS
  const last = before.points.at(-1)?.at ?? 0
  const points = [...before.points, ...answer.points.filter(({ at }) => at > last)]
  return { ...answer, points: points.filter(({ at }) => at >= oldest) }
}
