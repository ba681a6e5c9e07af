'use client'

import { useEffect, useEffectEvent, useId, useState } from 'react'
import type { Fault } from './control'
import styles from './StackSwitches.module.css'

const TEXTS: Record<string, { name: string; text: string }> = {
  'stop-redis': {
    name: 'Stop Redis',
    text: 'Likes go to Postgres, and every number says that it is catching up.',
  },
  'lose-redis': {
    name: 'Lose Redis',
    text: 'It is killed and its files are deleted. Switched off, an empty one takes its place.',
  },
  'stop-postgres': {
    name: 'Stop Postgres',
    text: 'Redis keeps what is liked until it is back. The usual way can save nothing.',
  },
  slow: {
    name: 'Slow replies',
    text: 'Redis answers 100 ms later, Postgres half a second. Hearts fill at once all the same.',
  },
  cut: {
    name: 'Cut the network',
    text: 'Nothing passes between the server and the stores. A like waits in the browser.',
  },
  'kill-app': {
    name: 'Kill the server',
    text:
      'The next press kills it: Redis has the like, and the answer never comes. The server is started again, and the ' +
      'switch is off.',
  },
}

/** How often a fault that ends by itself is looked at, milliseconds. */
const LOOK_EVERY_MS = 1000

/** Really breaks what the local stack runs. */
export function StackSwitches({ faults: atFirst }: { faults: Fault[] }) {
  const [faults, setFaults] = useState(atFirst)
  const [busy, setBusy] = useState('')
  const [failure, setFailure] = useState('')

  async function turn({ id, isOn }: Fault) {
    if (busy) return
    setBusy(id)
    setFailure('')
    const answer = await ask({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, on: !isOn }),
    })
    setBusy('')
    if (typeof answer === 'string') setFailure(answer)
    else setFaults(answer)
  }

  // It ends when the server that it has killed is back.
  const isArmed = faults.some(({ id, isOn }) => id === 'kill-app' && isOn)
  const look = useEffectEvent(async () => {
    const answer = await ask()
    if (typeof answer !== 'string') setFaults(answer)
  })
  useEffect(() => {
    if (!isArmed) return
    const timer = setInterval(() => look(), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isArmed])

  return (
    <>
      <ul className={styles.faults}>
        {faults.map(fault => (
          <li key={fault.id}>
            <Switch
              fault={fault}
              isBusy={busy === fault.id}
              isLocked={busy !== ''}
              onTurn={() => turn(fault)}
            />
          </li>
        ))}
      </ul>
      <p role="status" className={styles.failure}>
        {failure}
      </p>
    </>
  )
}

interface SwitchProps {
  fault: Fault
  isBusy: boolean
  /** Another one is being turned. */
  isLocked: boolean
  onTurn(): void
}

function Switch({ fault: { id, isOn, refusal }, isBusy, isLocked, onTurn }: SwitchProps) {
  const textId = useId()
  const { name, text } = TEXTS[id] ?? { name: id, text: '' }
  const isRefused = !isOn && refusal !== null
  return (
    <div className={styles.fault} data-refused={isRefused || undefined}>
      <span className={styles.name}>{name}</span>
      <span id={textId} className={styles.text}>
        {text}
        {isRefused && <em className={styles.refusal}>{refusal}</em>}
      </span>
      <button
        type="button"
        role="switch"
        aria-checked={isOn}
        aria-label={name}
        aria-describedby={textId}
        aria-disabled={isLocked || isRefused}
        className={styles.switch}
        data-busy={isBusy || undefined}
        onClick={() => {
          if (!isRefused) onTurn()
        }}
      >
        <i />
      </button>
    </div>
  )
}

/** What can go wrong, as it is now, or what is said against it. */
async function ask(init?: RequestInit): Promise<Fault[] | string> {
  try {
    const response = await fetch('/api/demo/stack', init)
    const { faults, message } = (await response.json()) as { faults?: Fault[]; message?: string }
    return faults ?? message ?? 'The stack does not answer.'
  } catch {
    return 'The stack does not answer.'
  }
}
