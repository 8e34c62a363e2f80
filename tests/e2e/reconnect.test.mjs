// Subscriptions over connections that break, under load and across restarts of the node: with the gap filled in by
// getBlock and getLogs, as a client does it, every block and every event is there once and in order.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Contract, WebSocketProvider } from 'ethers'
import { createPublicClient, encodeEventTopics, webSocket } from 'viem'
import { layCable } from './lib/cable.mjs'
import { isAtlas, makeTempDir, removeDir, sleep, startChain, until } from './lib/chain.mjs'
import { account, clients, compile, deploy } from './lib/clients.mjs'

const blockTime = isAtlas ? ['--block-time', '50'] : []
let dataDir, chain, cable, reader, wallet, probe, stored = 0n

before(async () => {
  dataDir = await makeTempDir()
  await boot()
  cable = await layCable(() => chain.port)
  const code = (await compile(['Probe.sol']))('Probe.sol', 'Probe')
  probe = { abi: code.abi, address: await deploy(reader, wallet(0), code) }
})
after(async () => {
  cable?.remove()
  await chain?.stop()
  if (dataDir) await removeDir(dataDir)
})
async function boot() {
  chain = await startChain({ dataDir, args: blockTime })
  ;({ reader, wallet } = clients(chain))
}

/**
 * What a client keeps of the chain. Heads and events are taken in the order of their coming; a jump in the numbers is
 * filled by asking. `faults` is what must never come: something old, or something twice.
 */
class Follower {
  blocks = []
  values = []
  faults = []
  filled = 0
  heard = 0
  #queue = Promise.resolve()
  constructor(first) {
    this.first = first
  }
  get next() {
    return this.first + BigInt(this.blocks.length)
  }
  head(number, hash) {
    ++this.heard
    this.#queue = this.#queue.then(() => this.#head(number, hash)).catch((error) => this.faults.push(error))
  }
  async #head(number, hash) {
    if (number < this.next) return this.faults.push(`block ${number} again, or late: expected ${this.next}`)
    for (; this.next < number; ++this.filled) this.blocks.push((await reader.getBlock({ blockNumber: this.next })).hash)
    this.blocks.push(hash ?? (await reader.getBlock({ blockNumber: number })).hash)
  }
  /** Values are counted up by the test's own transactions, so a gap shows. */
  event(value) {
    this.#queue = this.#queue.then(() => this.#event(value)).catch((error) => this.faults.push(error))
  }
  async #event(value) {
    const expected = () => (this.values.at(-1) ?? this.before) + 1n
    if (value < expected()) return this.faults.push(`event ${value} again, or late: expected ${expected()}`)
    if (value > expected()) {
      const logs = await reader.getContractEvents({ ...probe, eventName: 'Stored', fromBlock: this.first, args: { key: 1n } })
      for (const { args } of logs) if (args.value >= expected() && args.value < value) this.values.push(args.value)
      this.filled += 1
    }
    this.values.push(value)
  }
  settled() {
    return this.#queue
  }
}

/** Events with rising values, and transfers beside them, until stopped; resolves when all are in blocks. */
function makeLoad() {
  let running = true
  const senders = [0, 1, 2, 3].map(wallet)
  const loops = senders.map(async (sender, i) => {
    let nonce = await reader.getTransactionCount({ address: sender.account.address })
    const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n }
    while (running) {
      const hash =
        i === 0
          ? await sender.writeContract({ ...probe, functionName: 'store', args: [1n, ++stored], nonce: nonce++, gas: 100_000n, ...fees })
          : await sender.sendTransaction({ to: account(9).address, value: 1n, nonce: nonce++, gas: 21_000n, ...fees })
      if (!running) await reader.waitForTransactionReceipt({ hash })
      else if (i === 0) await sleep(10)
    }
  })
  return async () => {
    running = false
    await Promise.all(loops)
  }
}

/** Everything from the first block on, once, in order and as the chain has it. */
async function holdsAll(follower, firstValue) {
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  await until(() => follower.next > head && follower.values.at(-1) === stored, `block ${head} and event ${stored}`)
  await follower.settled()
  assert.deepEqual(follower.faults, [])
  const hashes = await Promise.all(follower.blocks.map((_, i) => reader.getBlock({ blockNumber: follower.first + BigInt(i) }).then((b) => b.hash)))
  assert.deepEqual(follower.blocks, hashes)
  assert.deepEqual(follower.values, Array.from({ length: Number(stored - firstValue) }, (_, i) => firstValue + 1n + BigInt(i)))
}
async function startFollower() {
  const follower = new Follower((await reader.getBlockNumber({ cacheTime: 0 })) + 1n)
  follower.before = stored
  return follower
}
/** After a cut nothing is subscribed until the client is back; the last event is one more that it must hear. */
async function storeOnce() {
  await reader.waitForTransactionReceipt({ hash: await wallet(0).writeContract({ ...probe, functionName: 'store', args: [1n, ++stored], gas: 100_000n }) })
}

/** viem subscribes again by itself when its socket comes back at once; where `reconnect` is false a new client does. */
async function followWithViem(follower, reconnect) {
  let client
  let running = true
  const topics = encodeEventTopics({ ...probe, eventName: 'Stored', args: { key: 1n } })
  const open = async () => {
    const mine = createPublicClient({ transport: webSocket(cable.wsUrl, { reconnect, keepAlive: false }) })
    let lost = false
    const onError = async () => {
      if (lost || reconnect || !running) return
      lost = true
      ;(await mine.transport.getRpcClient().catch(() => undefined))?.close() // viem keeps sockets by their URL
      setTimeout(() => running && open().catch(onError), 50)
    }
    client = mine
    const subscribe = (params, onData) => mine.transport.subscribe({ params, onData, onError })
    await subscribe(['newHeads'], ({ result }) => result?.number && follower.head(BigInt(result.number), result.hash)).catch(onError)
    if (!lost) await subscribe(['logs', { address: probe.address, topics }], ({ result }) => result?.data && follower.event(BigInt(result.data))).catch(onError)
  }
  await open()
  return async () => {
    running = false
    ;(await client.transport.getRpcClient().catch(() => undefined))?.close()
  }
}

/** ethers leaves that to its user: a new provider for each connection. */
async function followWithEthers(follower) {
  let provider
  let running = true
  const open = async () => {
    const mine = new WebSocketProvider(cable.wsUrl, 31337, { staticNetwork: true })
    mine.websocket.onerror = () => {}
    mine.websocket.onclose = () => running && setTimeout(() => open().catch(() => {}), 50)
    provider = mine
    const contract = new Contract(probe.address, probe.abi, mine)
    await mine.on('block', (number) => provider === mine && follower.head(BigInt(number)))
    await contract.on('Stored', (by, key, value) => provider === mine && key === 1n && follower.event(value))
  }
  await open()
  return async () => {
    running = false
    await provider.destroy()
  }
}

/** Follows with a client of `follow`'s kind while `scene` plays; then everything must be there. */
async function play(follow, scene) {
  const follower = await startFollower()
  const firstValue = stored
  const stopFollowing = await follow(follower)
  try {
    await storeOnce()
    await until(() => follower.heard > 0, 'the first head')
    await scene(follower)
    await storeOnce()
    await holdsAll(follower, firstValue)
    assert.ok(follower.filled > 0, 'there was a gap to fill')
  } finally {
    await stopFollowing()
  }
}

const followers = [
  ['viem', (follower) => followWithViem(follower, false)],
  ['ethers', followWithEthers],
]
test('viem, reconnecting by itself: two broken connections', () =>
  play((follower) => followWithViem(follower, { attempts: 1_000, delay: 50 }), async (follower) => {
    for (let i = 0; i < 2; ++i) {
      cable.hold()
      await storeOnce() // while nobody hears it, however quick the client is
      cable.letGo()
      const mark = follower.heard
      await until(async () => (await storeOnce(), follower.heard > mark), 'a head after the cut')
    }
  }))

for (const [name, follow] of followers) {
  test(`${name}: five broken connections under load`, () =>
    play(follow, async (follower) => {
      const stopLoad = makeLoad()
      const hearMore = async () => {
        const mark = follower.heard
        await until(() => follower.heard >= mark + 4, 'four more heads')
      }
      for (let i = 0; i < 5; ++i) {
        await hearMore()
        cable.cut()
      }
      await hearMore()
      // Once for so long that blocks pass, however quick the client is.
      cable.unplug()
      const head = await reader.getBlockNumber({ cacheTime: 0 })
      await until(async () => (await reader.getBlockNumber({ cacheTime: 0 })) > head + 1n, 'two blocks unheard')
      cable.plug()
      await hearMore()
      await stopLoad()
    }))

  for (const signal of ['SIGINT', 'SIGKILL']) {
    test(`${name}: a restart of the node after ${signal}`, { skip: !isAtlas && 'anvil does not keep its blocks' }, () =>
      play(follow, async (follower) => {
        for (let i = 0; i < 5; ++i) await storeOnce()
        cable.unplug()
        await storeOnce()
        await chain.stop(signal)
        await boot()
        await storeOnce()
        cable.plug()
        const mark = follower.heard
        const deadline = Date.now() + 60_000
        while (follower.heard < mark + 3 && Date.now() < deadline) await storeOnce()
      }))
  }
}

test('a steady subscriber under load hears of every pending transaction and every block once', async () => {
  const client = createPublicClient({ transport: webSocket(chain.wsUrl, { keepAlive: false }) })
  const pending = []
  const heads = []
  await client.transport.subscribe({ params: ['newPendingTransactions'], onData: ({ result }) => pending.push(result) })
  await client.transport.subscribe({ params: ['newHeads'], onData: ({ result }) => heads.push(result) })
  const first = await reader.getBlockNumber({ cacheTime: 0 })
  const stopLoad = makeLoad()
  await sleep(1500)
  await stopLoad()
  const last = await reader.getBlockNumber({ cacheTime: 0 })
  const mined = []
  for (let number = first + 1n; number <= last; ++number) mined.push(...(await reader.getBlock({ blockNumber: number })).transactions)
  await until(() => heads.length >= Number(last - first) && pending.length >= mined.length, 'all of them')
  assert.deepEqual([...pending].sort(), [...mined].sort())
  assert.deepEqual(heads.map((h) => BigInt(h.number)), Array.from({ length: Number(last - first) }, (_, i) => first + 1n + BigInt(i)))
  for (let i = 1; i < heads.length; ++i) assert.equal(heads[i].parentHash, heads[i - 1].hash)
  ;(await client.transport.getRpcClient()).close()
})
