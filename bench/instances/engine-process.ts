import { type Addresses, type Press, startEngine } from './engines'

const addresses = JSON.parse(process.argv[2]!) as Addresses
const engine = await startEngine(addresses, sessions => process.send!(sessions))

process.on('message', (said: 'start' | Press) => {
  if (said === 'start') engine.start()
  else engine.press(said)
})
process.on('disconnect', () => process.exit())
process.send!('ready')
