/** A sample of an exposition. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y
/** What stands behind the name of a family in its samples. */
const SUFFIXES: Record<string, readonly string[]> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
}

/**
 * Reads OpenMetrics text 1.0 and is strict: each family is described once, its samples follow it and have the suffixes of
 * its type, no series occurs twice, buckets grow and end with `+Inf`, which is the count, and the text ends with `# EOF`.
 * @throws Error with the line
 */
export function parseOpenMetrics(text: string): { types: Map<string, string>; samples: Sample[] } {
  if (!text.endsWith('\n# EOF\n')) throw new Error('the text does not end with # EOF')
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  let family = ''
  for (const line of text.slice(0, -'# EOF\n'.length).trimEnd().split('\n')) {
    const fail = (why: string) => new Error(`${why}: ${line}`)
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE|UNIT) (\S+) (.+)$/.exec(line) ?? []
    if (keyword) {
      if (!NAME.test(name)) throw fail('no name of a metric')
      if (keyword === 'HELP' && (helps.has(name) || /(?<!\\)"/.test(rest))) throw fail('a second or bad help')
      if (keyword === 'HELP') helps.add(name)
      if (keyword === 'TYPE') {
        if (types.has(name) || !SUFFIXES[rest]) throw fail('a second or unknown type')
        types.set(name, rest)
      }
      family = name
      continue
    }
    const [, sampled, labelText = '', number = ''] = SAMPLE.exec(line) ?? []
    if (!sampled) throw fail('no sample')
    const suffixes = SUFFIXES[types.get(family) ?? ''] ?? []
    if (!suffixes.some(suffix => sampled === `${family}${suffix}`)) throw fail(`not of the family ${family}`)
    const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number)
    if (Number.isNaN(value) && number !== 'NaN') throw fail('no number')
    if (types.get(family) === 'counter' && !(value >= 0)) throw fail('a counter below 0')
    const labels = parseLabels(labelText, fail)
    const series = `${sampled} ${JSON.stringify(Object.entries(labels).sort())}`
    if (seen.has(series)) throw fail('a series twice')
    seen.add(series)
    samples.push({ name: sampled, labels, value })
  }
  for (const [name, type] of types) if (type === 'histogram') checkBuckets(name, samples)
  return { types, samples }
}

function parseLabels(text: string, fail: (why: string) => Error): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at
    const [, name, value] = LABEL.exec(text) ?? []
    if (name === undefined || name in labels) throw fail('no label, or one twice')
    labels[name] = value!.replaceAll('\\"', '"').replaceAll('\\n', '\n').replaceAll('\\\\', '\\')
  }
  return labels
}

function checkBuckets(name: string, samples: readonly Sample[]): void {
  const series = new Map<string, Sample[]>()
  const keyOf = ({ labels: { le: _, ...rest } }: Sample) => JSON.stringify(Object.entries(rest).sort())
  for (const sample of samples.filter(sample => sample.name === `${name}_bucket`))
    series.set(keyOf(sample), [...(series.get(keyOf(sample)) ?? []), sample])
  for (const [key, buckets] of series) {
    const bounds = buckets.map(({ labels }) => Number(labels.le!.replace('+Inf', 'Infinity')))
    const isSorted = (all: number[]) => all.every((value, i) => i === 0 || value >= all[i - 1]!)
    const count = samples.find(sample => sample.name === `${name}_count` && keyOf(sample) === key)
    if (
      !isSorted(bounds) ||
      bounds.at(-1) !== Number.POSITIVE_INFINITY ||
      new Set(bounds).size < bounds.length
    )
      throw new Error(`the bounds of ${name} ${key}: ${bounds}`)
    if (!isSorted(buckets.map(({ value }) => value)) || buckets.at(-1)!.value !== count?.value)
      throw new Error(`the buckets of ${name} ${key} do not add up to its count`)
  }
}
