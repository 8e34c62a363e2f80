// ethers v6, unmodified from npm: wallets, contracts, events, errors, fees, waiting, batches, WebSockets.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  AbiCoder, Contract, ContractFactory, FetchRequest, HDNodeWallet, Interface, JsonRpcProvider, Mnemonic, NonceManager, Signature, Transaction, Wallet,
  WebSocketProvider, getCreateAddress, isError, keccak256, parseEther, parseUnits, toUtf8Bytes, verifyMessage, verifyTypedData,
} from 'ethers'
import { devChainId, isAtlas, startChain, until } from './lib/chain.mjs'
import { compile, mnemonic } from './lib/clients.mjs'

let chain, provider, contracts, probe, me
const wallet = (index) => HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(mnemonic), `m/44'/60'/0'/0/${index}`).connect(provider)
/** The error that `promise` ends with. */
const failure = (promise) => promise.then(() => assert.fail('it must fail'), (error) => error)

before(async () => {
  chain = await startChain()
  provider = new JsonRpcProvider(chain.url, undefined, { pollingInterval: 50, cacheTimeout: -1 })
  contracts = await compile(['Probe.sol', 'Token.sol'])
  me = wallet(0)
  const { abi, bytecode } = contracts('Probe.sol', 'Probe')
  probe = await new ContractFactory(abi, bytecode, me).deploy()
  await probe.waitForDeployment()
})
after(async () => {
  provider?.destroy()
  await chain?.stop()
})

test('the network is detected, and a deployment knows its address beforehand', async () => {
  assert.equal((await provider.getNetwork()).chainId, BigInt(devChainId))
  assert.equal(await probe.getAddress(), getCreateAddress({ from: me.address, nonce: 0 }))
  assert.equal(await provider.getCode(probe), contracts('Probe.sol', 'Probe').deployedBytecode)
})

test('a call without a transaction, a transaction, its receipt and its event', async () => {
  assert.equal(await probe.store.staticCall(7, 70), 0n)
  const response = await probe.store(7, 70, { value: 3n })
  assert.equal(response.chainId, BigInt(devChainId))
  const receipt = await response.wait()
  assert.equal(receipt.status, 1)
  assert.equal(receipt.fee, receipt.gasUsed * receipt.gasPrice)
  const [event] = receipt.logs
  assert.deepEqual([event.eventName, event.args.by, event.args.key, event.args.value], ['Stored', me.address, 7n, 70n])
  assert.equal(await probe.values(7), 70n)
  assert.equal(await provider.getBalance(probe), 3n)
  assert.equal(await probe.values(7, { blockTag: receipt.blockNumber - 1 }), 0n, 'the state of the block before')
  const block = await receipt.getBlock()
  assert.deepEqual(block.transactions, [receipt.hash])
  assert.equal((await block.getTransaction(0)).hash, receipt.hash)
  assert.ok((await receipt.confirmations()) >= 1)
})

test('events: queried by filter, listened to, once', async () => {
  const other = probe.connect(wallet(1))
  const heard = []
  await probe.on(probe.filters.Stored(null, 31), ({ args, log }) => heard.push([...args, log.transactionHash]))
  const first = new Promise((resolve) => probe.once('Stored', (...args) => resolve(args.slice(0, 3))))
  const hashes = []
  for (const [contract, key] of [[probe, 31], [other, 32], [other, 31]]) hashes.push((await (await contract.store(key, key * 2)).wait()).hash)
  await until(() => heard.length >= 2, 'two events')
  await probe.removeAllListeners()
  assert.deepEqual(heard, [
    [me.address, 31n, 62n, hashes[0]],
    [wallet(1).address, 31n, 62n, hashes[2]],
  ])
  assert.deepEqual(await first, [me.address, 31n, 62n])
  const found = await probe.queryFilter(probe.filters.Stored(wallet(1).address), 0, 'latest')
  assert.deepEqual(found.map((e) => e.transactionHash), hashes.slice(1))
  const either = await provider.getLogs({ address: probe, fromBlock: 0, topics: [probe.interface.getEvent('Stored').topicHash, null, [31n, 32n].map((k) => AbiCoder.defaultAbiCoder().encode(['uint256'], [k]))] })
  assert.deepEqual(either.map((log) => log.transactionHash), hashes)
})

test('reasons, custom errors and panics decode, in calls, estimates and receipts', async () => {
  const reason = await failure(probe.refuse())
  assert.ok(isError(reason, 'CALL_EXCEPTION'))
  assert.equal(reason.reason, 'refused as asked')
  assert.equal(reason.revert.name, 'Error')

  const tooMuch = 2n * 10n ** 30n
  const called = await failure(probe.store.staticCall(1, tooMuch))
  assert.equal(called.revert.name, 'TooLarge')
  assert.deepEqual([...called.revert.args], [tooMuch, 10n ** 30n])
  const estimated = await failure(probe.store(1, tooMuch))
  assert.equal(estimated.action, 'estimateGas')
  assert.equal(probe.interface.parseError(estimated.data).name, 'TooLarge')
  const mined = await failure((await probe.store(1, tooMuch, { gasLimit: 100_000 })).wait())
  assert.ok(isError(mined, 'CALL_EXCEPTION'))
  assert.equal(mined.receipt.status, 0)

  const panic = await failure(probe.divide(1, 0))
  assert.equal(panic.revert.name, 'Panic')
  assert.equal(Number(panic.revert.args[0]), 0x12)
})

test('refusals have the codes that ethers knows', async () => {
  const poor = Wallet.createRandom().connect(provider)
  assert.ok(isError(await failure(poor.sendTransaction({ to: me, value: 1n })), 'INSUFFICIENT_FUNDS'))
  const old = await failure(me.sendTransaction({ to: me, nonce: 0, gasLimit: 21_000 }))
  assert.ok(isError(old, 'NONCE_EXPIRED'), String(old.code))
  // Waits behind a gap in the nonces, so that a second one of the same nonce has something to replace.
  const sender = wallet(6)
  const waiting = { to: me, nonce: 5, gasLimit: 21_000, maxFeePerGas: parseUnits('9', 'gwei'), maxPriorityFeePerGas: parseUnits('2', 'gwei') }
  await sender.sendTransaction(waiting)
  const cheap = await failure(sender.sendTransaction({ ...waiting, value: 1n }))
  assert.ok(isError(cheap, 'REPLACEMENT_UNDERPRICED'), String(cheap.code))
  const unknown = await failure(provider.send('eth_nonsense', []))
  assert.equal((unknown.info?.error ?? unknown.error).code, -32601)
  if (isAtlas) assert.ok(isError(unknown, 'UNSUPPORTED_OPERATION'), "in geth's words")
})

test('fee data, and every envelope that ethers signs', async () => {
  const fees = await provider.getFeeData()
  const block = await provider.getBlock('latest')
  assert.ok(fees.gasPrice >= block.baseFeePerGas)
  assert.equal(fees.maxFeePerGas, block.baseFeePerGas * 2n + fees.maxPriorityFeePerGas)
  const sender = wallet(2)
  const accessList = [{ address: await probe.getAddress(), storageKeys: [keccak256('0x')] }]
  for (const type of [0, 1, 2]) {
    const receipt = await (await sender.sendTransaction({ to: me, value: 5n, type, ...(type && { accessList }) })).wait()
    assert.equal(receipt.type, type)
    const seen = await provider.getTransaction(receipt.hash)
    assert.equal(seen.type, type)
    assert.equal(Transaction.from(seen).hash, receipt.hash, 'what is read serializes to the same hash')
    assert.equal(seen.signature.networkV === null, type !== 0)
  }
})

test('NonceManager sends many at once, in order', async () => {
  const manager = new NonceManager(wallet(3))
  const first = await manager.getNonce()
  const responses = await Promise.all(Array.from({ length: 20 }, () => manager.sendTransaction({ to: me, value: 1n, gasLimit: 21_000 })))
  const receipts = await Promise.all(responses.map((r) => r.wait()))
  assert.deepEqual(responses.map((r) => r.nonce).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => first + i))
  assert.ok(receipts.every((r) => r.status === 1))
  manager.reset()
  assert.equal(await manager.getNonce(), first + 20)
})

test('waiting: for confirmations, and not for ever', async () => {
  const response = await wallet(4).sendTransaction({ to: me, value: 1n })
  const third = response.wait(3, 60_000)
  for (let i = 0; i < 2; ++i) await (await wallet(5).sendTransaction({ to: me, value: 1n })).wait()
  const receipt = await third
  assert.ok((await provider.getBlockNumber()) >= receipt.blockNumber + 2)
  assert.equal((await provider.waitForTransaction(response.hash)).hash, response.hash)
  const never = await failure(provider.waitForTransaction(keccak256('0x01'), 1, 200))
  assert.ok(isError(never, 'TIMEOUT'))
  assert.equal(await provider.getTransactionReceipt(keccak256('0x01')), null)
})

test('typed data and messages are signed as the contract checks them', async () => {
  const { abi, bytecode } = contracts('Token.sol', 'Token')
  const token = await new ContractFactory(abi, bytecode, me).deploy('Dollar', 'USD', parseEther('100'))
  await token.waitForDeployment()
  const [, name, version, chainId, verifyingContract] = await token.eip712Domain()
  const domain = { name, version, chainId, verifyingContract }
  assert.equal(chainId, BigInt(devChainId))
  const types = { Permit: [['owner', 'address'], ['spender', 'address'], ['value', 'uint256'], ['nonce', 'uint256'], ['deadline', 'uint256']].map(([n, type]) => ({ name: n, type })) }
  const spender = wallet(1)
  const permit = { owner: me.address, spender: spender.address, value: 12n, nonce: 0n, deadline: 2n ** 40n }
  const signature = await me.signTypedData(domain, types, permit)
  assert.equal(verifyTypedData(domain, types, permit, signature), me.address)
  const { r, s, v } = Signature.from(signature)
  await (await token.connect(spender).permit(permit.owner, permit.spender, permit.value, permit.deadline, v, r, s)).wait()
  assert.equal(await token.allowance(me, spender), 12n)
  const again = await failure(token.connect(spender).permit(permit.owner, permit.spender, permit.value, permit.deadline, v, r, s))
  assert.equal(again.revert?.name ?? token.interface.parseError(again.data).name, 'ERC2612InvalidSigner')

  // The node's own accounts (eth_accounts, personal_sign) through ethers' JsonRpcSigner.
  const signer = await provider.getSigner(0)
  assert.equal(verifyMessage('hello', await signer.signMessage('hello')), me.address)
  assert.equal((await (await signer.sendTransaction({ to: spender, value: 2n })).wait()).status, 1)
})

test('a batching provider gets every answer to its own question', async () => {
  let requests = 0
  const request = new FetchRequest(chain.url)
  request.preflightFunc = async (r) => {
    ++requests
    return r
  }
  const batching = new JsonRpcProvider(request, devChainId, { staticNetwork: true, batchMaxCount: 50, batchStallTime: 10, cacheTimeout: -1 })
  const head = await batching.getBlockNumber()
  const blocks = await Promise.all(Array.from({ length: head + 1 }, (_, n) => batching.getBlock(n)))
  assert.deepEqual(blocks.map((b) => b.number), Array.from({ length: head + 1 }, (_, n) => n))
  assert.ok(requests <= 1 + Math.ceil((head + 1) / 50), `${requests} HTTP requests`)
  const mixed = await Promise.allSettled([batching.getBalance(me), batching.send('eth_call', [{ to: probe.target, data: new Interface(['function refuse()']).encodeFunctionData('refuse') }, 'latest']), batching.getCode(probe)])
  assert.deepEqual(mixed.map((m) => m.status), ['fulfilled', 'rejected', 'fulfilled'])
  batching.destroy()
})

test('WebSocketProvider: blocks, pending transactions and events come by themselves', async () => {
  const socket = new WebSocketProvider(chain.wsUrl)
  const blocks = []
  const pending = []
  const values = []
  await socket.on('block', (number) => blocks.push(number))
  await socket.on('pending', (hash) => pending.push(hash))
  const listening = probe.connect(socket)
  await listening.on('Stored', (by, key, value) => values.push(value))
  await until(async () => (await socket.listenerCount()) === 3, 'three listeners')
  const receipts = []
  for (let i = 0; i < 4; ++i) receipts.push(await (await probe.store(77, i)).wait())
  await until(() => blocks.length >= 4 && values.length >= 4 && pending.length >= 4, 'four of each')
  assert.deepEqual(values, [0n, 1n, 2n, 3n])
  assert.deepEqual(pending.slice(0, 4), receipts.map((r) => r.hash))
  for (const receipt of receipts) assert.equal(blocks.filter((n) => n === receipt.blockNumber).length, 1)
  assert.deepEqual(blocks, [...blocks].sort((a, b) => a - b))
  assert.equal(await socket.getBalance(me), await provider.getBalance(me))
  await socket.destroy()
})

test('ids, storage and names as ethers reads them', async () => {
  assert.equal(await provider.getStorage(probe, 1), AbiCoder.defaultAbiCoder().encode(['uint256'], [await probe.writes()]))
  assert.equal(await provider.getTransactionCount(me, 'pending'), await me.getNonce('pending'))
  assert.equal(keccak256(toUtf8Bytes('Stored(address,uint256,uint256)')), probe.interface.getEvent('Stored').topicHash)
  for (const tag of ['earliest', 'latest', 'safe', 'finalized', 'pending']) assert.ok(await provider.getBlock(tag), tag)
  const full = await provider.getBlock('latest', true)
  assert.equal(full.prefetchedTransactions.length, full.transactions.length)
})
