import type { ComponentProps } from 'react'
import styles from './Field.module.css'

interface FieldProps extends ComponentProps<'input'> {
  name: string
  label: string
  /** What to know before writing. */
  hint?: string
  /** What is wrong with what was written. */
  problem?: string
}

/** A field with its name above it, and what is wrong with it below. */
export function Field({ name, label, hint, problem, ...input }: FieldProps) {
  const about = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(' ')
  return (
    <div className={styles.field}>
      <label htmlFor={name}>{label}</label>
      <input
        id={name}
        name={name}
        required
        spellCheck={false}
        autoCapitalize="none"
        // The first thing to do on the page that comes back is to correct it.
        // biome-ignore lint/a11y/noAutofocus: the page is about this field alone
        autoFocus={problem !== undefined}
        aria-invalid={problem === undefined ? undefined : true}
        aria-describedby={about || undefined}
        {...input}
      />
      {problem !== undefined && (
        <p id={`${name}-problem`} role="alert" className={styles.problem}>
          {problem}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${name}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  )
}
