import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { INSTRUMENTS, type Instrument } from '../packages/onecount/src/metrics/instruments'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../docs', path), 'utf8')
const page = read('metrics.md')
const instruments = Object.entries<Instrument>(INSTRUMENTS)

/** Names of metrics in expressions, those of the series of histograms without their suffix. */
function metricsIn(text: string): string[] {
  const histograms = instruments.filter(([, { type }]) => type === 'histogram').map(([name]) => name)
  const names = [...text.matchAll(/\bonecount_\w+/g)].map(([name]) => {
    const histogram = name.replace(/_(bucket|sum|count)$/, '')
    return histograms.includes(histogram) && name !== histogram ? histogram : name
  })
  return [...new Set(names)].sort()
}

const namesOfAll = instruments.map(([name]) => name).sort()

describe('metrics', () => {
  it('are in docs/metrics.md with type and labels, each once, and no others', () => {
    const rows = [...page.matchAll(/^\| `(onecount_\w+)` \| (\w+) \| ([^|]*) \|/gm)]
    const described = rows.map(([, name, type, labels]) => ({
      name,
      type,
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    }))
    const byName = (a: { name?: string }, b: { name?: string }) => (a.name! < b.name! ? -1 : 1)
    const expected = instruments.map(([name, { type, labels }]) => ({ name, type, labels: [...labels] }))
    expect(described.sort(byName)).toEqual(expected.sort(byName))
    expect(metricsIn(page)).toEqual(namesOfAll)
  })

  it('are all on the dashboard, by names that exist', () => {
    const { panels } = JSON.parse(read('metrics/dashboard.json'))
    const expressions = panels.flatMap((panel: { targets?: { expr: string }[] }) =>
      (panel.targets ?? []).map(({ expr }) => expr),
    )
    expect(metricsIn(expressions.join('\n'))).toEqual(namesOfAll)
  })

  it('are used by alert rules by names that exist, and each alert is in the docs', () => {
    const rules = read('metrics/alerts.yml')
    expect(metricsIn(rules).filter(name => !(name in INSTRUMENTS))).toEqual([])
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
    const documented = [...page.matchAll(/^\| `(Onecount\w+)` \|/gm)].map(([, name]) => name)
    expect(alerts.length).toBeGreaterThan(10)
    expect(documented).toEqual(alerts)
  })

  it('have labels in expressions that they have', () => {
    const text = `${read('metrics/dashboard.json').replaceAll('\\"', '"')}\n${read('metrics/alerts.yml')}`
    const selectors = [...text.matchAll(/\b(onecount_\w+)\{([^}]*)\}/g)]
    expect(selectors.length).toBeGreaterThan(10)
    for (const [, name, selector] of selectors) {
      const [metric] = metricsIn(name!)
      const labels: readonly string[] = INSTRUMENTS[metric as keyof typeof INSTRUMENTS].labels
      for (const [, label] of selector!.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
        expect(labels, `${name}{${selector}}`).toContain(label)
    }
  })
})
