import type { Habitat, Palette } from './palettes'
import type { Random } from './random'
import { at, circle, dots, ellipse, line, path, peaks, ridge } from './shapes'

/** What lies behind the animal and what lies before it. */
export interface Setting {
  back: string
  front: string
  /** Where the animal stands or floats. */
  ground: number
}

type Build = (random: Random, c: Palette) => Setting

const light = (random: Random, c: Palette, y: [number, number], r: number) => {
  const x = random.int(160, 640)
  const top = random.int(...y)
  return (
    circle(x, top, r * 2.1, c.glow, 'opacity=".18"') +
    circle(x, top, r * 1.45, c.glow, 'opacity=".25"') +
    circle(x, top, r, c.glow)
  )
}

const pine = (c: string, trunk: string) =>
  path('M0-300L60-190H28L84-90H40L100 10H-100L-40-90H-84L-28-190H-60Z', c) + path('M-10 8H10V60H-10Z', trunk)

const acacia = (c: string, trunk: string) =>
  line('M0 60C4-40-10-60 6-150M4-70C30-110 60-120 84-150M0-90C-26-120-50-130-70-146', trunk, 13) +
  ellipse(0, -168, 150, 34, c) +
  ellipse(-70, -150, 80, 24, c) +
  ellipse(84, -152, 84, 24, c)

const coral = (c: string) =>
  line('M0 60V-90M0-10C-50-20-60-50-58-100M0-30C46-40 60-70 56-130M-58-60C-84-70-90-90-88-116', c, 24)

const grass = (random: Random, y: number, fill: string) => {
  let d = ''
  for (let x = -20; x < 820; x += random.int(16, 34)) {
    const h = random.int(40, 130)
    const lean = random.int(-26, 26)
    d += `M${x} ${y}Q${x + lean / 3} ${y - h / 2} ${x + lean} ${y - h}Q${x + 8 + lean / 3} ${y - h / 2} ${x + 14} ${y}Z`
  }
  return path(d, fill)
}

const leaves = (random: Random, fill: string) => {
  const leaf = path('M0 0C40-70 130-90 220-60C170 0 90 40 0 0Z', fill)
  const big = (x: number, y: number, turn: number, s: number) =>
    `<g transform="translate(${x} ${y}) rotate(${turn}) scale(${s})">${leaf}</g>`
  return (
    [0, 1, 2].map(i => big(-30, 1000 - i * 60, -64 + i * 34, random.num(1, 1.5))).join('') +
    [0, 1, 2].map(i => big(830, 1000 - i * 60, 244 - i * 34, random.num(1, 1.5))).join('')
  )
}

/** The ice with open water before it, for animals that swim. */
export type Place = Habitat | 'floes'

const BUILD: Record<Place, Build> = {
  ice: (random, c) => ({
    back:
      light(random, c, [170, 300], random.int(56, 84)) +
      peaks(random, 560, 260, c.far, c.mid) +
      peaks(random, 640, 150, c.mid, c.near) +
      ridge(random, 700, 26, c.near) +
      dots(random, 46, 40, 640, 5, '#fff', 0.7),
    front:
      ridge(random, 905, 20, '#fff') +
      path('M-10 960C200 930 420 985 810 945V1010H-10Z', c.mid, 'opacity=".45"'),
    ground: 850,
  }),
  floes: (random, c) => ({
    back:
      light(random, c, [170, 300], random.int(56, 84)) +
      peaks(random, 500, 240, c.far, c.mid) +
      peaks(random, 560, 130, c.mid, c.near) +
      ridge(random, 600, 20, c.near) +
      dots(random, 46, 40, 560, 5, '#fff', 0.7) +
      path('M-10 640H810V1010H-10Z', c.ink) +
      path('M-10 640H810V1010H-10Z', c.far, 'opacity=".45"'),
    front:
      path('M-10 742C150 722 260 764 420 742C580 720 690 764 810 740V1010H-10Z', c.ink, 'opacity=".82"') +
      line('M120 790H300M430 836H640M70 900H210M560 930H720', c.mid, 6, 'opacity=".5"') +
      [
        [110, 842, 150],
        [700, 798, 120],
        [470, 948, 190],
      ]
        .map(([x = 0, y = 0, r = 0]) => ellipse(x, y + 12, r, 30, c.mid) + ellipse(x, y, r, 26, '#fff'))
        .join(''),
    ground: 700,
  }),
  forest: (random, c) => ({
    back:
      light(random, c, [180, 320], random.int(70, 100)) +
      ridge(random, 520, 60, c.far) +
      [0, 1, 2, 3, 4, 5]
        .map(i => at(60 + i * 136 + random.int(-30, 30), 610, random.num(0.8, 1.25), pine(c.mid, c.near)))
        .join('') +
      ridge(random, 640, 34, c.mid) +
      at(random.int(40, 120), 800, random.num(1.7, 2.1), pine(c.near, c.ink)) +
      at(random.int(690, 770), 790, random.num(1.5, 2), pine(c.near, c.ink)) +
      ridge(random, 790, 24, c.near),
    front: ridge(random, 930, 22, c.ink) + grass(random, 965, c.ink),
    ground: 860,
  }),
  reef: (random, c) => ({
    back:
      [120, 330, 560]
        .map(x =>
          path(
            `M${x + random.int(-30, 30)} -10L${x + 150} -10L${x + random.int(-90, 60)} 820L${x - 190} 820Z`,
            c.glow,
            'opacity=".1"',
          ),
        )
        .join('') +
      ridge(random, 640, 70, c.far) +
      ridge(random, 740, 50, c.mid) +
      dots(random, 26, 80, 800, 12, c.glow, 0.35) +
      at(random.int(60, 160), 880, random.num(1.1, 1.6), coral(c.accent)) +
      at(random.int(640, 740), 870, random.num(1, 1.5), coral(c.far)),
    front:
      ridge(random, 880, 30, c.near) +
      at(random.int(240, 330), 960, 0.8, coral(c.far)) +
      at(random.int(520, 600), 975, 0.9, coral(c.accent)) +
      ridge(random, 950, 18, c.ink),
    ground: 600,
  }),
  savanna: (random, c) => ({
    back:
      light(random, c, [260, 420], random.int(100, 140)) +
      ridge(random, 590, 36, c.far) +
      at(random.int(90, 220), 640, random.num(0.8, 1.1), acacia(c.mid, c.near)) +
      at(random.int(580, 720), 650, random.num(1.1, 1.5), acacia(c.near, c.ink)) +
      ridge(random, 680, 20, c.mid) +
      ridge(random, 790, 18, c.near),
    front: grass(random, 1000, c.ink),
    ground: 870,
  }),
  night: (random, c) => ({
    back:
      dots(random, 70, 20, 560, 3.4, '#fff', 0.85) +
      light(random, c, [150, 280], random.int(60, 90)) +
      peaks(random, 600, 220, c.far) +
      ridge(random, 640, 40, c.mid) +
      [0, 1, 2, 3, 4]
        .map(i => at(50 + i * 180 + random.int(-30, 30), 720, random.num(0.9, 1.4), pine(c.near, c.ink)))
        .join('') +
      ridge(random, 760, 20, c.near),
    front: ridge(random, 915, 22, c.ink) + dots(random, 14, 620, 900, 5, c.accent, 0.9),
    ground: 850,
  }),
  rain: (random, c) => {
    let rain = ''
    for (let i = 0; i < 46; i++) rain += `M${random.int(0, 820)} ${random.int(-20, 900)}l-12 46`
    return {
      back:
        ellipse(random.int(240, 560), 260, 190, 190, c.glow, 'opacity=".5"') +
        ridge(random, 470, 70, c.far) +
        ridge(random, 620, 60, c.mid) +
        path('M90-10C130 260 84 480 120 820H40C64 480 30 240 30-10Z', c.near) +
        path('M730-10C700 300 750 520 706 820H800V-10Z', c.near) +
        ridge(random, 790, 30, c.near) +
        line(rain, c.glow, 3, 'opacity=".55"'),
      front: ridge(random, 930, 20, c.ink) + leaves(random, c.ink),
      ground: 860,
    }
  },
}

export const setting = (place: Place, random: Random, palette: Palette): Setting =>
  BUILD[place](random, palette)
