// WebSocket subscriptions through viem: every head once and in order, logs by filter.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sleep, startChain, until } from './lib/chain.mjs'
import { account, clients, compile, confirm, deploy } from './lib/clients.mjs'

let chain, reader, wallet, probe

before(async () => {
  chain = await startChain()
  const viem = clients(chain, { ws: true })
  reader = viem.reader
  wallet = viem.wallet(0)
  const code = (await compile(['Probe.sol']))('Probe.sol', 'Probe')
  probe = { abi: code.abi, address: await deploy(reader, wallet, code) }
})
after(async () => {
  const socket = await reader?.transport.getRpcClient().catch(() => undefined)
  socket?.close()
  await chain?.stop()
})

test('newHeads: consecutive numbers, each the child of the one before', async () => {
  const heads = []
  const { unsubscribe } = await reader.transport.subscribe({ params: ['newHeads'], onData: ({ result }) => heads.push(result) })
  for (let i = 0; i < 5; ++i) await confirm(reader, await wallet.sendTransaction({ to: account(1).address, value: 1n }))
  await until(() => heads.length >= 5, 'five heads')
  await unsubscribe()
  for (let i = 1; i < heads.length; ++i) {
    assert.equal(BigInt(heads[i].number), BigInt(heads[i - 1].number) + 1n)
    assert.equal(heads[i].parentHash, heads[i - 1].hash)
  }
  const seen = heads.length
  await confirm(reader, await wallet.sendTransaction({ to: account(1).address, value: 1n }))
  await sleep(300)
  assert.equal(heads.length, seen, 'nothing comes after unsubscribe')
})

test('logs: exactly those that the filter names', async () => {
  const logs = []
  const stop = reader.watchContractEvent({ ...probe, eventName: 'Stored', args: { key: 2n }, onLogs: (more) => logs.push(...more), onError: (e) => logs.push(e) })
  // The subscription is made in the background: value 0 until it hears.
  const store = async (key, value) => confirm(reader, await wallet.writeContract({ ...probe, functionName: 'store', args: [key, value] }))
  await until(async () => (await store(2n, 0n), logs.length > 0), 'the subscription')
  for (const key of [1n, 2n, 3n, 2n]) {
    await store(key, key * 10n)
  }
  const heard = () => logs.filter((log) => log.args?.value !== 0n)
  await until(() => heard().length >= 2, 'two logs')
  await sleep(300)
  stop()
  assert.deepEqual(heard().map((log) => log.args), [2n, 2n].map((key) => ({ by: wallet.account.address, key, value: 20n })))
})

test('newPendingTransactions: the hash of what was sent', async () => {
  const hashes = []
  const { unsubscribe } = await reader.transport.subscribe({ params: ['newPendingTransactions'], onData: ({ result }) => hashes.push(result) })
  const hash = await wallet.sendTransaction({ to: account(2).address, value: 1n })
  await until(() => hashes.includes(hash), 'the hash')
  await unsubscribe()
})
