import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { notFound } from 'next/navigation'
import { ImageResponse } from 'next/og'
import { findPost } from './post'

export const size = { width: 1200, height: 630 }
export const contentType = 'image/png'
export const alt = 'The picture, its caption and who posted it'

/** What a link to a post shows elsewhere: picture, caption and author. No count: it would be old where it is shown. */
export default async function PostPreview({ params }: { params: Promise<{ id: string }> }) {
  const found = await findPost((await params).id)
  if (!found) notFound()
  const { caption, imageUrl, author } = found.content
  return new ImageResponse(
    <div style={{ display: 'flex', width: '100%', height: '100%', background: '#fbf9f6', color: '#1c1916' }}>
      {/* biome-ignore lint/performance/noImgElement: drawn on the server */}
      <img src={await pictureOf(imageUrl)} alt="" width={504} height={630} style={{ objectFit: 'cover' }} />
      <div
        style={{
          display: 'flex',
          flex: 1,
          flexDirection: 'column',
          justifyContent: 'space-between',
          padding: 64,
        }}
      >
        <div style={{ display: 'flex', color: '#ee4f39', fontSize: 36, fontWeight: 700 }}>huella</div>
        <div style={{ display: 'flex', fontSize: caption.length > 60 ? 44 : 60, lineHeight: 1.15 }}>
          {caption}
        </div>
        <div style={{ display: 'flex', color: '#635b52', fontSize: 32 }}>{author.displayName}</div>
      </div>
    </div>,
    size,
  )
}

/** A drawing of this site as its bytes; a picture elsewhere by its address. */
async function pictureOf(imageUrl: string): Promise<string> {
  const name = /^\/scenes\/([\w-]+\.svg)$/.exec(imageUrl)?.[1]
  if (!name) return imageUrl
  const drawing = await readFile(join(process.cwd(), 'public', 'scenes', name))
  return `data:image/svg+xml;base64,${drawing.toString('base64')}`
}
