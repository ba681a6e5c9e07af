// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest'
import { neighboursOf } from './neighbours'

// jsdom lays nothing out.
beforeEach(() => {
  Element.prototype.checkVisibility ??= () => true
  HTMLElement.prototype.checkVisibility = function (this: HTMLElement) {
    return this.closest('[hidden]') === null
  }
})

const list = (...ids: string[]) =>
  `<ol id="pictures">${ids.map(id => `<li><article data-post-id="${id}"></article></li>`).join('')}</ol>`

const inPage = (html: string) => {
  document.body.innerHTML = html
  return (id: string) => neighboursOf(id)
}

describe('the posts beside one that is open', () => {
  it('are those of the list, and none beyond its ends', () => {
    const of = inPage(list('a', 'b', 'c'))
    expect(of('b')).toEqual({ before: 'a', after: 'c' })
    expect(of('a')).toEqual({ before: null, after: 'b' })
    expect(of('c')).toEqual({ before: 'b', after: null })
  })

  it('are none for a post that is not in the list, and none without a list', () => {
    expect(inPage(list('a', 'b'))('x')).toEqual({ before: null, after: null })
    expect(inPage('')('a')).toEqual({ before: null, after: null })
  })

  it('are of the list that is visible: a page that was left has its own order', () => {
    const of = inPage(`<div hidden>${list('c', 'b', 'a')}</div>${list('a', 'b', 'c')}`)
    expect(of('b')).toEqual({ before: 'a', after: 'c' })
  })

  it('are not of a rail that has the same posts in another order', () => {
    const of = inPage(
      `<aside><ul><li data-post-id="b"></li><li data-post-id="a"></li></ul></aside>${list('a', 'b')}`,
    )
    expect(of('a')).toEqual({ before: null, after: 'b' })
  })
})
