import { AFLOAT, ANIMALS, type Animal } from './animals'
import { setting } from './habitats'
import { type Habitat, PALETTES } from './palettes'
import { polarBear } from './polar-bear'
import { randomFrom } from './random'
import { at, circle, ellipse } from './shapes'

export interface SceneSpec {
  animal: Animal | 'polar-bear'
  habitat: Habitat
  /** Which light of the habitat, where the same animal is there several times; else drawn by the id. */
  light?: number
}

const svg = (body: string, width: number, height: number) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">${body}</svg>\n`

/** A picture of 4:5, drawn from the post's id: the same id is always the same picture. */
export function drawScene(postId: string, { animal, habitat, light }: SceneSpec): string {
  if (animal === 'polar-bear') return svg(polarBear(), 800, 1000)
  const random = randomFrom(postId)
  const lights = PALETTES[habitat]
  const drawn = random.pick(lights)
  const palette = light === undefined ? drawn : lights[light % lights.length]!
  const floats = AFLOAT.has(animal)
  const swims = floats && habitat === 'ice'
  const { back, front, ground } = setting(swims ? 'floes' : habitat, random, palette)
  const scale = random.num(1.05, 1.3)
  const x = random.int(350, 450)
  const y = swims ? ground : floats ? random.int(480, 580) : ground + 30
  const shade = floats ? '' : ellipse(x, y + 2, 210 * scale, 20, palette.ink, 'opacity=".28"')
  const sky =
    `<defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${palette.sky[0]}"/><stop offset="1" stop-color="${palette.sky[1]}"/></linearGradient></defs>` +
    '<rect width="800" height="1000" fill="url(#s)"/>'
  return svg(sky + back + shade + at(x, y, scale, ANIMALS[animal], random.chance(0.5)) + front, 800, 1000)
}

/** A round portrait of a member: the head of an animal before a plain sky. */
export function drawAvatar(username: string, { animal, habitat }: SceneSpec): string {
  const random = randomFrom(username)
  const palette = random.pick(PALETTES[habitat])
  const body =
    animal === 'polar-bear'
      ? `<g transform="translate(-385 -220) scale(.72)">${polarBear()}</g>`
      : at(AFLOAT.has(animal) ? 80 : 60, AFLOAT.has(animal) ? 90 : 150, 0.34, ANIMALS[animal])
  return svg(
    `<rect width="160" height="160" fill="${palette.sky[1]}"/>${circle(118, 44, 26, palette.glow)}${circle(80, 176, 76, palette.mid)}${body}`,
    160,
    160,
  )
}
