import { randomFrom } from '../scenes/random'
import type { SceneSpec } from '../scenes/scene'
import { POST_LINES } from './posts'

export interface SeedAuthor {
  id: string
  username: string
  displayName: string
  bio: string
  avatar: SceneSpec
}

export interface SeedPost {
  id: string
  username: string
  caption: string
  /** Describes the picture, in Spanish as the captions. */
  alt: string
  scene: SceneSpec
  createdAt: string
  likes: number
  /** Rows in post_ratings; the other likes are older than those rows. */
  ratings: number
}

export const POLAR_BEAR_ID = '50050001-aaaa-bbbb-cccc-ddddeeee0001'

const author = (
  n: number,
  username: string,
  displayName: string,
  bio: string,
  animal: SceneSpec['animal'],
  habitat: SceneSpec['habitat'],
): SeedAuthor => ({
  id: `a0070001-aaaa-bbbb-cccc-ddddeeee${String(n).padStart(4, '0')}`,
  username,
  displayName,
  bio,
  avatar: { animal, habitat },
})

export const AUTHORS: SeedAuthor[] = [
  author(
    1,
    'lucia_nature',
    'Lucía Ferrer',
    'Hielo, silencio y paciencia. Fotografío el norte.',
    'polar-bear',
    'ice',
  ),
  author(2, 'mateo_salvaje', 'Mateo Rojas', 'Madrugo para llegar antes que la luz.', 'fox', 'forest'),
  author(3, 'carmen_mar', 'Carmen Oliva', 'Bióloga marina. Medio año bajo el agua.', 'turtle', 'reef'),
  author(
    4,
    'diego_sabana',
    'Diego Paredes',
    'Guía de safari, siempre con polvo en las botas.',
    'giraffe',
    'savanna',
  ),
  author(5, 'ines_nocturna', 'Inés Valdés', 'Lo mejor pasa cuando los demás duermen.', 'owl', 'night'),
  author(6, 'tomas_andes', 'Tomás Quispe', 'De los Andes, con los pulmones grandes.', 'deer', 'night'),
  author(7, 'sofia_selva', 'Sofía Amaru', 'La selva no se calla nunca. Yo tampoco.', 'toucan', 'rain'),
  author(8, 'nico_orillas', 'Nicolás Brun', 'Marismas, barro y prismáticos.', 'flamingo', 'rain'),
  author(9, 'elena_alas', 'Elena Castaño', 'Todo lo que vuela me interesa.', 'butterfly', 'forest'),
  author(10, 'pablo_polar', 'Pablo Iriarte', 'Tres inviernos en la Antártida y contando.', 'penguin', 'ice'),
  author(11, 'marta_bosque', 'Marta Ulloa', 'Camino despacio y miro al suelo.', 'hare', 'forest'),
  author(12, 'andres_azul', 'Andrés Molina', 'Buceo de noche, duermo de día.', 'octopus', 'reef'),
]

/** Likes of real posts fall off fast: few have many, many have few. */
const NEWEST = Date.UTC(2026, 9, 30, 18, 20)
const HOURS = 3_600_000

const seen = new Map<string, number>()

/** The same animal in the same place is there in another light each time. */
function sceneOf(animal: SceneSpec['animal'], habitat: SceneSpec['habitat']): SceneSpec {
  const pair = `${animal} ${habitat}`
  const light = seen.get(pair) ?? randomFrom(pair).int(0, 2)
  seen.set(pair, light + 1)
  return { animal, habitat, light }
}

export const POSTS: SeedPost[] = POST_LINES.map(([username, animal, habitat, likes, caption, alt], i) => ({
  id: i === 0 ? POLAR_BEAR_ID : `${50050001 + i}-aaaa-bbbb-cccc-ddddeeee${String(i + 1).padStart(4, '0')}`,
  username,
  caption,
  alt,
  scene: sceneOf(animal, habitat),
  createdAt: new Date(NEWEST - (i * 31 + ((i * 17) % 23)) * HOURS).toISOString(),
  likes,
  ratings: i === 0 ? 3 : Math.min(likes, (i * 7) % 13),
}))
