/** Colours of a scene, from the sky down. `ink` is the darkest, `glow` the light source. */
export interface Palette {
  sky: [string, string]
  glow: string
  far: string
  mid: string
  near: string
  ink: string
  accent: string
}

const p = (
  sky: [string, string],
  glow: string,
  far: string,
  mid: string,
  near: string,
  ink: string,
  accent: string,
) => ({ sky, glow, far, mid, near, ink, accent }) satisfies Palette

/** Three lights a habitat: none of them has two posts that look alike. */
export const PALETTES = {
  ice: [
    p(['#16324f', '#7fb7be'], '#f6e7cb', '#5c93a6', '#9cc7d1', '#dbeef0', '#12263a', '#f2a65a'),
    p(['#f7c59f', '#fde8d7'], '#fff6e9', '#b5c7d8', '#d6e2ea', '#f6fafb', '#31465c', '#e4572e'),
    p(['#274060', '#c2a5c9'], '#ffe3d8', '#6f7fa8', '#a9b8d3', '#e6ecf5', '#1b2845', '#f4a5ae'),
  ],
  forest: [
    p(['#f2d7a0', '#f7ecd0'], '#fff8e2', '#a7b98d', '#5f8a63', '#2f5d50', '#173a36', '#d1603d'),
    p(['#86b8b1', '#dcebd9'], '#fdf7dd', '#7aa58c', '#3f7467', '#1f4d49', '#10302f', '#f0a04b'),
    p(['#e8927c', '#f6d3b3'], '#ffeccc', '#b07d6b', '#7a5a58', '#473b48', '#2a2635', '#f3c969'),
  ],
  reef: [
    p(['#0b4f6c', '#38b6c4'], '#d9fff5', '#1c7c8c', '#146071', '#0c4356', '#07263a', '#ff8360'),
    p(['#2a2f6b', '#4f9fbf'], '#e4f5ff', '#37639c', '#2a4580', '#1d2c60', '#131a40', '#f8b195'),
    p(['#0a6e6b', '#8fdcb8'], '#fdffe0', '#2b9183', '#18706b', '#0e4f52', '#08333a', '#ffb84d'),
  ],
  savanna: [
    p(['#f08a4b', '#fbd39a'], '#fff1c9', '#d98e56', '#b9693f', '#7c4230', '#3d2222', '#fce762'),
    p(['#e9b872', '#f7e6c4'], '#fff9e6', '#cfa565', '#a87f45', '#6f5a34', '#37301f', '#b23a48'),
    p(['#b8405e', '#f4a261'], '#ffe3a8', '#99405a', '#6f3050', '#4a2342', '#271530', '#f9c74f'),
  ],
  night: [
    p(['#0d1b2a', '#35507a'], '#fdf3d0', '#24405f', '#1a2f4a', '#10202f', '#08121c', '#f6bd60'),
    p(['#1f1147', '#6b4c9a'], '#ffe9f3', '#44327a', '#2f2260', '#1d1446', '#10092b', '#f28482'),
    p(['#06283d', '#256d85'], '#dff6ff', '#1b4f66', '#123b50', '#0a2a3b', '#041824', '#f4d35e'),
  ],
  rain: [
    p(['#6b8f8a', '#c3d5c8'], '#eef5ea', '#5f8b7c', '#3c6b5f', '#235046', '#12332f', '#e76f51'),
    p(['#4f6d7a', '#c0d6df'], '#f2f8fa', '#6b8fa0', '#476b7c', '#2b4a5a', '#172d3a', '#f4a259'),
    p(['#7d7a6c', '#dcd7c3'], '#fbf8ea', '#8a9374', '#5f7253', '#3b5140', '#202f2a', '#d64550'),
  ],
} as const satisfies Record<string, readonly Palette[]>

export type Habitat = keyof typeof PALETTES
