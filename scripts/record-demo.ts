import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { recordDemo } from './recording/record-demo'

const IMAGES = resolve(import.meta.dirname, '../docs/images')

/** Writes the pictures of the README. Wants a production build. */
const { moving, still } = await recordDemo()
for (const [name, picture] of Object.entries({ 'demo.webp': moving, 'demo.png': still })) {
  await writeFile(resolve(IMAGES, name), picture)
  console.log(`docs/images/${name}: ${Math.round(picture.length / 1000)} kB`)
}
