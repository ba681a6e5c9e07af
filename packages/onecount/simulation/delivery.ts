import { StoreRefused, StoreUnavailable } from '../src/core/errors'
import type { SyncBatch } from '../src/core/ports'
import type { Call, Message, UnsentCall } from './network'
import { Observer } from './observer'
import { PressCalls } from './press-calls'
import { connectionReset, HTTP_FATES, MADE_UP, NO_SCRIPT, type RestReply, WITH_SOURCE } from './rest'
import type { World } from './world'

/** How late a request may arrive, milliseconds: mostly while its op is remembered, sometimes after. */
const LATE_MS = [300, 800, 3000]

/** What becomes of a message: it arrives, gets lost, arrives late or twice, or the store refuses it. */
export class Delivery {
  /** Queues of which the stores know each other: from now on they diverge only when something is lost. */
  readonly #met = new Set<string>()
  readonly #pressCalls = new PressCalls()
  readonly #observer: Observer

  constructor(private readonly world: World) {
    this.#observer = new Observer(world)
  }

  async move(message: Message): Promise<void> {
    const { world } = this
    const { call } = message
    if (message.kind === 'reply') return call.resolve(message.answer)
    if (message.kind === 'error') return call.reject(message.error)
    const giveUp = (why: string) => {
      if (call.store === 'redis') world.redisFailedAt.set(call.instance, world.now)
      world.note(`${describe(call)}: ${why}`)
      call.reject(new StoreUnavailable(call.store, why))
    }
    if (world.outages.isBetween(call)) return giveUp('unreachable')
    if (world.happens('request lost')) {
      world.count('request lost')
      return giveUp('request lost')
    }
    if (world.happens('request late')) {
      world.count('request late')
      this.#delay(call)
      return giveUp('request late')
    }
    if (world.happens('request twice')) {
      world.count('request twice')
      this.#delay(call)
    }
    if (call.commands && world.happens('over rest')) return this.#overHttp(call, call.commands, giveUp)
    if (call.name === 'sync' && world.happens('op refused')) return this.#refuseBatch(call)
    if (isOfManySessions(call) && world.happens('op refused')) return this.#refuseGroup(call)
    const reply = await this.#reply(call)
    if (world.happens('reply lost')) {
      world.count('reply lost')
      return giveUp('reply lost')
    }
    world.network.messages.push(reply)
  }

  /** What a client, a proxy or a server that is replaced does to a request over HTTP. */
  async #overHttp(call: Call, commands: readonly UnsentCall[], giveUp: (why: string) => void): Promise<void> {
    const { world } = this
    const fate = world.random.pick(
      HTTP_FATES.filter(of => call.name !== WITH_SOURCE || of !== 'finds no script'),
    )
    world.count('over rest')
    world.note(`${describe(call)}: ${fate}`)
    const some = world.random.below(commands.length)
    const answer = (replies: RestReply[] | RestReply) =>
      world.network.messages.push({ kind: 'reply', call, answer: replies })
    if (fate === 'finds no script') return void answer(commands.map(() => NO_SCRIPT))
    if (fate === 'runs again') {
      // The first answer is lost, and a proxy sends the request again: the second answer is told.
      await this.#commands(commands)
      return void world.network.messages.push({ kind: 'request', call })
    }
    if (fate === 'runs in part') {
      await this.#commands(commands.slice(0, some))
      return giveUp('the server ended in the middle of it')
    }
    world.redisFailedAt.set(call.instance, world.now)
    if (fate === 'answers in part') return void answer((await this.#commands(commands)).slice(0, some))
    if (world.random.chance(0.5)) await this.#commands(commands)
    if (fate === 'is aborted') return void answer(MADE_UP)
    call.reject(connectionReset())
  }

  /** One after the other, as a pipeline over REST: others may come between them in the store, not in this world. */
  async #commands(commands: readonly UnsentCall[]): Promise<RestReply[]> {
    const replies: RestReply[] = []
    for (const command of commands) replies.push({ result: await this.#execute(command as Call) })
    return replies
  }

  /** The store does a call, unless it refuses it. */
  async #reply(call: Call): Promise<Message> {
    try {
      if (call.commands) return { kind: 'reply', call, answer: await this.#commands(call.commands) }
      return { kind: 'reply', call, answer: await this.#execute(call) }
    } catch (error) {
      if (!(error instanceof StoreRefused)) throw error
      this.world.note(`${describe(call)}: ${error.message}`)
      return { kind: 'error', call, error }
    }
  }

  /** The stores may not know each other afterwards. */
  async #refuseBatch(call: Call): Promise<void> {
    const { world } = this
    world.count('batch refused')
    if (world.random.chance(0.5)) await this.#reply(call)
    else world.postgres.poison((call.args[0] as SyncBatch).nonce)
    this.#met.clear()
    world.note(`${describe(call)}: refused`)
    call.reject(new StoreRefused('42883', 'a function of the application is gone'))
  }

  /** Something of one of those who share a call is refused: each is to be answered all the same. */
  #refuseGroup(call: Call): void {
    const { world } = this
    world.count('group refused')
    world.note(`${describe(call)}: refused`)
    call.reject(new StoreUnavailable(call.store, 'something of one of them is refused', 'call'))
  }

  async #execute(call: Call): Promise<unknown> {
    const { world } = this
    world.count('calls')
    const answer = await world.network.execute(call)
    if (world.isTraced) world.note(`${describe(call)} -> ${JSON.stringify(answer)}`)
    world.memory.watch(call, answer, world.now)
    this.#pressCalls.watch(call, answer)
    const wrong = world.monitor.watch(call, answer)
    if (wrong) world.violate(wrong)
    await this.#observer.look(call, answer)
    if (answer === 'DIVERGED') {
      const [queue] = call.args[0] as string[]
      if (this.#met.has(queue!) && !world.hasLost) world.violate('diverged, and no store has lost anything')
      this.#met.add(queue!)
    }
    return answer
  }

  async arriveLate(call: Call): Promise<void> {
    const { world } = this
    if (world.outages.isDown(call.store)) return
    world.note(`late: ${describe(call)}`)
    for (const one of call.commands ?? [call])
      for (const pair of this.#pressCalls.pressedAnew(one as Call)) world.lastWord.void(pair)
    await this.#reply(call)
  }

  #delay(call: Call): void {
    const { world } = this
    world.network.stragglers.push({
      call,
      dueAt: world.now + world.random.below(world.random.pick(LATE_MS)),
    })
  }
}

const isOfManySessions = ({ name, args }: Call): boolean =>
  name === 'snapshots' || (name === 'install-sessions' && (args[0] as string[]).length > 2)

const describe = ({ instance, store, name, args, id }: Call): string =>
  `#${id} ${instance} ${store}.${name}(${JSON.stringify(store === 'redis' ? args[1] : args)})`
