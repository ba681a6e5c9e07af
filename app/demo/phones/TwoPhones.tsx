'use client'

import { type ReactNode, useRef, useState, useSyncExternalStore } from 'react'
import { Section } from '../Section'
import styles from './TwoPhones.module.css'
import { useFrameLook } from './useFrameLook'
import { useNear } from './useNear'

/** React knows it, its types do not. */
const CREDENTIALLESS = { credentialless: true }

const never = () => () => {}
const isFramed = () => window !== window.top
const hasCredentialless = () => 'credentialless' in HTMLIFrameElement.prototype
const onServer = () => null

const TOGETHER =
  'Two people look at the same picture. Press a heart: it fills on the phone that was pressed, and the number moves on ' +
  'both.'
/** In one of the phones. */
const ALONE = (
  <>
    This is one of them already.{' '}
    <a href="/demo" target="_top" className={styles.link}>
      Open this page by itself
    </a>
    .
  </>
)

/** One post on two phones, of two sessions: what one likes the other counts. */
export function TwoPhones({ postId }: { postId: string }) {
  const section = useRef<HTMLElement>(null)
  const isNear = useNear(section)
  const isInPhone = useSyncExternalStore(never, isFramed, onServer)
  const canSeparate = useSyncExternalStore(never, hasCredentialless, onServer)
  const src = `/post/${postId}`
  return (
    <Section ref={section} id="phones" title="Two phones" text={isInPhone ? ALONE : TOGETHER} isWide>
      {!isInPhone && (
        <div className={styles.phones}>
          <Phone name="You" note="with the session of this browser">
            {isNear && <Screen title="Your phone" src={src} />}
          </Phone>
          <Phone name="Another visitor" note="with a session of its own, a new one each time">
            {isNear && canSeparate && <Screen title="Phone of another visitor" src={src} isSeparate />}
            {canSeparate === false && <PrivateWindow href={src} />}
          </Phone>
        </div>
      )}
    </Section>
  )
}

interface PhoneProps {
  name: string
  note: string
  children: ReactNode
}

const Phone = ({ name, note, children }: PhoneProps) => (
  <figure className={styles.phone}>
    <figcaption>
      <strong className={styles.name}>{name}</strong>
      <span className={styles.note}>{note}</span>
    </figcaption>
    <div className={styles.body}>
      <div className={styles.screen}>{children}</div>
    </div>
  </figure>
)

interface ScreenProps {
  title: string
  src: string
  /** The browser gives the frame cookies and storage of its own. */
  isSeparate?: boolean
}

function Screen({ title, src, isSeparate = false }: ScreenProps) {
  const frame = useRef<HTMLIFrameElement>(null)
  const [isLoaded, setLoaded] = useState(false)
  const putOn = useFrameLook(frame)
  return (
    <iframe
      ref={frame}
      title={title}
      {...(isSeparate && CREDENTIALLESS)}
      src={src}
      className={styles.frame}
      data-loaded={isLoaded || undefined}
      onLoad={() => {
        putOn()
        setLoaded(true)
      }}
    />
  )
}

const PrivateWindow = ({ href }: { href: string }) => (
  <p className={styles.instead}>
    This browser gives no frame a session of its own:{' '}
    <a href={href} target="_blank" rel="noreferrer" className={styles.link}>
      open it in a private window
    </a>{' '}
    beside this one.
  </p>
)
