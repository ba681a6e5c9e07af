import type { MetadataRoute } from 'next'

export default function manifest(): MetadataRoute.Manifest {
  return {
    name: 'huella',
    short_name: 'huella',
    description: 'A small wildlife picture community, where every view shows the same number of likes.',
    start_url: '/',
    display: 'standalone',
    background_color: '#fbf9f6',
    theme_color: '#fbf9f6',
    icons: [{ src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' }],
  }
}
