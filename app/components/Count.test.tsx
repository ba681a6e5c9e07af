// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { Count } from './Count'

afterEach(cleanup)

describe('a number', () => {
  const NOON = new Date(2026, 0, 1, 12, 41).getTime()

  it.each(['exact', 'saving', 'retrying'] as const)('that is %s says nothing more', status => {
    render(<Count value={447} status={status} knownAt={NOON} />)
    expect(screen.queryByTitle(/./)).toBeNull()
  })

  it('has a title that explains a count that is not exact', () => {
    const { rerender } = render(<Count value={447} status="lagging" knownAt={NOON} />)
    expect(screen.getByTitle('Catching up, may be a moment behind').textContent).toContain('447')
    rerender(<Count value={447} status="last-known" knownAt={NOON} />)
    expect(screen.getByTitle(/^Last known, .*41/).textContent).toContain('447')
    rerender(<Count value={null} status="unknown" />)
    expect(screen.getByTitle('Not known right now').textContent).toContain('–')
  })
})
