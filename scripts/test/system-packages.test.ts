import { describe, expect, it } from 'vitest'
import { installAdvice, installCommands, isDebianLike, PACKAGES } from './system-packages'

const missing = PACKAGES.filter(({ id }) => id !== 'postgres')

describe('missing system packages', () => {
  it('are installed through apt-get by root, and by sudo where it asks nothing', () => {
    const lines = (prefix: string[]) =>
      installCommands(missing, { kind: 'apt', prefix })!.map(words => words.join(' '))
    expect(lines([])).toEqual([
      'env DEBIAN_FRONTEND=noninteractive apt-get update -qq',
      'env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server chromium',
    ])
    expect(lines(['sudo', '-n'])[0]).toMatch(/^sudo -n env /)
  })

  it.each([{ kind: 'apt', prefix: undefined }, { kind: 'brew' }, { kind: 'other' }] as const)(
    'are left to the person with %o',
    installer => expect(installCommands(missing, installer)).toBeUndefined(),
  )

  it('are named with the command for this system', () => {
    expect(installAdvice(missing, { kind: 'apt', prefix: undefined })).toContain(
      'sudo apt-get update && sudo apt-get install -y redis-server chromium',
    )
    expect(installAdvice(missing, { kind: 'brew' })).toContain(
      'brew install redis\n  brew install --cask chromium',
    )
    expect(installAdvice(missing, { kind: 'other' })).toContain('CHROMIUM_PATH')
  })
})

describe('Debian', () => {
  it.each(['ID=debian', 'NAME=x\nID=ubuntu\nID_LIKE=debian', 'ID=linuxmint\nID_LIKE="ubuntu debian"'])(
    'is %j',
    text => expect(isDebianLike(text)).toBe(true),
  )

  it.each(['ID=fedora', 'ID=alpine\nHOME_URL="https://debian.example"', ''])('is not %j', text =>
    expect(isDebianLike(text)).toBe(false),
  )
})
