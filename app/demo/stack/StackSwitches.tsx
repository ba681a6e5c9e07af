'use client'

import { useState } from 'react'
import type { StackPart } from './control'
import styles from './StackSwitches.module.css'

const NAMES: Record<string, { name: string; without: string }> = {
  redis: { name: 'Redis', without: 'Likes go to Postgres, and every number says that it is catching up.' },
  supabase: {
    name: 'Postgres',
    without: 'Redis keeps what is liked until it is back. The usual way can save nothing.',
  },
}

/** Really stops and starts the stores of the local stack. */
export function StackSwitches({ parts: atFirst }: { parts: StackPart[] }) {
  const [parts, setParts] = useState(atFirst)
  const [busy, setBusy] = useState('')
  const [failure, setFailure] = useState('')

  async function turn({ id, isRunning }: StackPart) {
    if (busy) return
    setBusy(id)
    setFailure('')
    const answer = await ask(id, !isRunning)
    setBusy('')
    if (typeof answer === 'string') setFailure(answer)
    else setParts(answer)
  }

  return (
    <>
      <ul className={styles.parts}>
        {parts.map(part => (
          <li key={part.id} className={styles.part}>
            <span className={styles.name}>{nameOf(part)}</span>
            <span className={styles.text}>{NAMES[part.id]?.without}</span>
            <button
              type="button"
              role="switch"
              aria-checked={part.isRunning}
              aria-label={`${nameOf(part)} runs`}
              aria-disabled={busy !== ''}
              className={styles.switch}
              data-busy={busy === part.id || undefined}
              onClick={() => turn(part)}
            >
              <i />
            </button>
          </li>
        ))}
      </ul>
      <p role="status" className={styles.failure}>
        {failure}
      </p>
    </>
  )
}

const nameOf = ({ id }: StackPart) => NAMES[id]?.name ?? id

/** The stores as they are now, or what is said against it. */
async function ask(id: string, on: boolean): Promise<StackPart[] | string> {
  try {
    const response = await fetch('/api/demo/stack', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, on }),
    })
    const { parts, message } = (await response.json()) as { parts?: StackPart[]; message?: string }
    return parts ?? message ?? 'The stack does not answer.'
  } catch {
    return 'The stack does not answer.'
  }
}
