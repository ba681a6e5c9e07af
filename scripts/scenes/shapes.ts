import type { Random } from './random'

export const circle = (x: number, y: number, r: number, fill: string, more = '') =>
  `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"${more && ` ${more}`}/>`
export const ellipse = (x: number, y: number, rx: number, ry: number, fill: string, more = '') =>
  `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${fill}"${more && ` ${more}`}/>`
export const path = (d: string, fill: string, more = '') =>
  `<path d="${d}" fill="${fill}"${more && ` ${more}`}/>`
export const line = (d: string, stroke: string, width: number, more = '') =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"${more && ` ${more}`}/>`
export const at = (x: number, y: number, scale: number, body: string, flip = false) =>
  `<g transform="translate(${x} ${y}) scale(${flip ? -scale : scale} ${scale})">${body}</g>`

/** A soft ridge across the picture at height `y`, filled down to the ground. */
export function ridge(random: Random, y: number, swing: number, fill: string): string {
  const steps = random.int(3, 5)
  const width = 800 / steps
  let d = `M-10 ${y}`
  for (let i = 0; i < steps; i++) {
    const x = Math.round(i * width)
    const top = Math.round(y + random.num(-swing, swing))
    d += `C${Math.round(x + width / 3)} ${Math.round(top - swing / 2)} ${Math.round(x + (2 * width) / 3)} ${Math.round(top + swing / 2)} ${Math.round(x + width + 10)} ${Math.round(y + random.num(-swing / 2, swing / 2))}`
  }
  return path(`${d}V1010H-10Z`, fill)
}

/** Peaks with straight edges: mountains, icebergs. */
export function peaks(random: Random, y: number, height: number, fill: string, light?: string): string {
  let d = `M-10 ${y}`
  let lit = ''
  let x = -10
  while (x < 810) {
    const width = random.int(120, 240)
    const top = Math.round(y - height * random.num(0.45, 1))
    const peak = x + Math.round(width * random.num(0.35, 0.6))
    d += `L${peak} ${top}L${x + width} ${y}`
    if (light)
      lit += `M${peak} ${top}L${x + width} ${y}H${peak + 12}L${peak - 14} ${Math.round((top + y) / 2)}Z`
    x += width - 20
  }
  return path(`${d}V1010H-10Z`, fill) + (light ? path(lit, light, 'opacity=".5"') : '')
}

/** Many small things as one path: stars, snow, bubbles. */
export function dots(
  random: Random,
  count: number,
  top: number,
  bottom: number,
  radius: number,
  fill: string,
  opacity = 0.8,
) {
  let d = ''
  for (let i = 0; i < count; i++) {
    const r = random.num(radius * 0.4, radius)
    d += `M${random.int(10, 790)} ${random.int(top, bottom)}a${r} ${r} 0 1 0 .1 0`
  }
  return path(d, fill, `opacity="${opacity}"`)
}
