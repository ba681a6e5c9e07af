import type { ObservedLikes } from '../client/observe-likes'
import { HEART, STYLE } from './look'

export interface Shadow {
  button: HTMLButtonElement
  show(likes: ObservedLikes, number: string): void
}

let sheet: CSSStyleSheet | undefined

/**
 * The shadow root of an element: the one that the server has rendered, else a new one. Its style comes as a sheet then,
 * which no content security policy forbids.
 */
export function shadowOf(element: Element): Shadow {
  const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' })
  if (typeof CSSStyleSheet === 'function' && 'adoptedStyleSheets' in root) {
    if (!sheet) {
      sheet = new CSSStyleSheet()
      sheet.replaceSync(STYLE)
    }
    root.adoptedStyleSheets = [sheet]
  }
  const button = root.querySelector('button') ?? root.appendChild(drawButton())
  const count = button.querySelector('[part=count]') ?? button.appendChild(draw('span', { part: 'count' }))
  return {
    button,
    show({ liked, label, private: isPrivate }, number) {
      setAttributes(button, {
        part: liked ? 'button liked' : 'button',
        'aria-pressed': String(liked),
        'aria-label': label,
      })
      count.textContent = isPrivate ? '' : number
      count.toggleAttribute('hidden', isPrivate === true)
    },
  }
}

/** Without markup as text, which a policy of trusted types forbids. */
function drawButton(): HTMLButtonElement {
  const button = draw('button', { type: 'button' }) as HTMLButtonElement
  const svg = drawSvg('svg', { part: 'heart', viewBox: '0 0 24 24', 'aria-hidden': 'true' })
  svg.append(drawSvg('path', { d: HEART }))
  button.append(svg)
  return button
}

const draw = (name: string, attributes: Record<string, string>): Element =>
  setAttributes(document.createElement(name), attributes)
const drawSvg = (name: string, attributes: Record<string, string>): Element =>
  setAttributes(document.createElementNS('http://www.w3.org/2000/svg', name), attributes)

function setAttributes<E extends Element>(element: E, attributes: Record<string, string>): E {
  for (const [name, value] of Object.entries(attributes))
    if (element.getAttribute(name) !== value) element.setAttribute(name, value)
  return element
}
