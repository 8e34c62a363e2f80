// Otterscan's calls, one test a page of it: the list and the way it reads the answers are those of its source (src/,
// useErigonHooks, useProvider, search). It talks through ethers, in batches, and sends numbers as JSON numbers.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AbiCoder, Block, Contract, ContractFactory, HDNodeWallet, JsonRpcProvider, Mnemonic, TransactionReceipt, TransactionResponse, WebSocketProvider, ZeroAddress, dataSlice, getAddress, isHexString } from 'ethers'
import { isAtlas, startChain, until } from './lib/chain.mjs'
import { compile, mnemonic } from './lib/clients.mjs'

const pageSize = 25
const operation = { transfer: 0, selfDestruct: 1, create: 2, create2: 3 }
let chain, provider, probe, forwarder, token, me, friend, stranger
const send = (method, ...params) => provider.send(method, params)

/** Field by field what Otterscan's formatter insists on, as it reads it: ethers' own classes take the result. */
const hash = (value) => (assert.ok(isHexString(value, 32), String(value)), value)
const number = (value) => Number(BigInt(value))
function readBlock(raw, transactions = []) {
  for (const field of ['nonce', 'extraData', 'sha3Uncles', 'stateRoot']) assert.ok(isHexString(raw[field]), field)
  const block = new Block(
    {
      ...raw,
      hash: hash(raw.hash), parentHash: hash(raw.parentHash), number: number(raw.number), timestamp: number(raw.timestamp), miner: getAddress(raw.miner),
      difficulty: BigInt(raw.difficulty), gasLimit: BigInt(raw.gasLimit), gasUsed: BigInt(raw.gasUsed), baseFeePerGas: BigInt(raw.baseFeePerGas), transactions,
    },
    provider,
  )
  assert.ok(number(raw.size) > 400)
  return block
}
function readTransaction(raw) {
  for (const field of ['r', 's']) assert.ok(isHexString(raw[field]), field)
  return new TransactionResponse(
    {
      ...raw, hash: hash(raw.hash), blockHash: hash(raw.blockHash), blockNumber: number(raw.blockNumber), index: number(raw.transactionIndex), type: number(raw.type),
      from: getAddress(raw.from), to: raw.to && getAddress(raw.to), nonce: number(raw.nonce), value: BigInt(raw.value), gasLimit: BigInt(raw.gas), gasPrice: BigInt(raw.gasPrice),
      data: raw.input, chainId: BigInt(raw.chainId), signature: { r: raw.r, s: raw.s, v: number(raw.v) },
    },
    provider,
  )
}
const readReceipt = (raw, logs = raw.logs) =>
  new TransactionReceipt(
    {
      ...raw, hash: hash(raw.transactionHash), blockHash: hash(raw.blockHash), blockNumber: number(raw.blockNumber), index: number(raw.transactionIndex), from: getAddress(raw.from),
      gasUsed: BigInt(raw.gasUsed), cumulativeGasUsed: BigInt(raw.cumulativeGasUsed), effectiveGasPrice: BigInt(raw.effectiveGasPrice), status: number(raw.status), type: number(raw.type),
      logsBloom: raw.logsBloom ?? '0x', logs: logs.map((log) => ({ ...log, index: number(log.logIndex), blockNumber: number(log.blockNumber), transactionIndex: number(log.transactionIndex) })),
    },
    provider,
  )

before(async () => {
  chain = await startChain()
  // As Otterscan opens it: batching by default, the network asked for once.
  provider = new JsonRpcProvider(chain.url, undefined, { staticNetwork: true, pollingInterval: 50, cacheTimeout: -1 })
  const wallet = (index) => HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(mnemonic), `m/44'/60'/0'/0/${index}`).connect(provider)
  ;[me, friend] = [0, 1].map(wallet)
  stranger = '0x00000000000000000000000000000000000a71a5'
  const contracts = await compile(['Probe.sol', 'Token.sol', 'Forwarder.sol'])
  const deploy = async (file, name, ...args) => {
    const { abi, bytecode } = contracts(file, name)
    const contract = await new ContractFactory(abi, bytecode, me).deploy(...args)
    return contract.waitForDeployment()
  }
  probe = await deploy('Probe.sol', 'Probe')
  forwarder = await deploy('Forwarder.sol', 'Forwarder')
  token = await deploy('Token.sol', 'Token', 'Dollar', 'USD', 1000n)
})
after(async () => {
  provider?.destroy()
  await chain?.stop()
})

test('the connection: probed with "latest", with 0 and over a WebSocket', async () => {
  const [head, header, level, network] = await Promise.all([provider.getBlockNumber(), send('erigon_getHeaderByNumber', 'latest'), send('ots_getApiLevel'), provider.getNetwork()])
  assert.ok(level >= 5, 'the level that Otterscan asks for at least')
  assert.equal(number(header.number), head)
  assert.equal(network.chainId, 31337n)
  assert.equal(readBlock({ size: '0x400', ...(await send('erigon_getHeaderByNumber', 0)) }).number, 0)
  const socket = new WebSocketProvider(chain.wsUrl, undefined, { staticNetwork: true })
  assert.equal((await socket.send('erigon_getHeaderByNumber', [head])).hash, header.hash)
  await socket.destroy()
})

test('the home page follows the head', async () => {
  const seen = []
  const listener = async (blockNumber) => seen.push(readBlock({ size: '0x400', ...(await send('erigon_getHeaderByNumber', blockNumber)) }).number)
  await provider.on('block', listener)
  await until(async () => (await provider.listenerCount('block')) === 1, 'the listener')
  const receipt = await (await me.sendTransaction({ to: friend, value: 1n })).wait()
  await until(() => seen.includes(receipt.blockNumber), 'the new head')
  await provider.off('block', listener)
  for (const tag of ['finalized', 'safe']) assert.ok((await provider.getBlock(tag)).number <= receipt.blockNumber)
})

test('the block page: by number, by hash, none', async () => {
  const receipt = await (await me.sendTransaction({ to: friend, value: 1n })).wait()
  const details = await send('ots_getBlockDetails', receipt.blockNumber)
  const block = readBlock(details.block)
  assert.equal(block.hash, receipt.blockHash)
  assert.equal(number(details.block.transactionCount), 1)
  assert.equal(details.block.logsBloom, null)
  assert.equal(BigInt(details.totalFees), receipt.fee)
  assert.deepEqual([BigInt(details.issuance.blockReward ?? 0), BigInt(details.issuance.uncleReward ?? 0)], [0n, 0n])
  assert.deepEqual(await send('ots_getBlockDetailsByHash', receipt.blockHash), details)
  assert.equal(await send('ots_getBlockDetails', 99_999_999), null)
  assert.equal(readBlock((await send('ots_getBlockDetails', 0)).block).number, 0)
})

test('the transactions of a block, page by page', async () => {
  const first = await friend.getNonce()
  const responses = await Promise.all(Array.from({ length: 30 }, (_, i) => friend.sendTransaction({ to: probe, nonce: first + i, data: probe.interface.encodeFunctionData('store', [i, i]), gasLimit: 120_000 })))
  const receipts = await Promise.all(responses.map((r) => r.wait()))
  const busiest = receipts.map((r) => r.blockNumber).sort((a, b) => receipts.filter((r) => r.blockNumber === b).length - receipts.filter((r) => r.blockNumber === a).length)[0]
  const all = (await provider.getBlock(busiest)).transactions
  const seen = []
  for (let page = 0; seen.length < all.length; ++page) {
    const { fullblock, receipts: raw } = await send('ots_getBlockTransactions', busiest, page, 10)
    assert.equal(number(fullblock.transactionCount), all.length)
    const transactions = fullblock.transactions.map(readTransaction)
    assert.ok(transactions.length > 0 && transactions.length <= 10)
    readBlock(fullblock, transactions.map((t) => t.hash))
    transactions.forEach((tx, i) => {
      const receipt = readReceipt(raw[i], []) // it puts an empty list there itself
      assert.deepEqual([receipt.hash, receipt.status, tx.data], [tx.hash, 1, probe.interface.getFunction('store').selector])
    })
    // The last page is shown first, each page turned round.
    seen.push(...transactions.map((t) => t.hash).reverse())
  }
  assert.deepEqual(seen, [...all].reverse())
})

test('the transaction page: operations, trace, error', async () => {
  const run = async (name, args, value = 0n) => (await forwarder[name](...args, { value, gasLimit: 1_000_000 })).wait()
  const operations = async (receipt) => (await send('ots_getInternalOperations', receipt.hash)).map((o) => [o.type, getAddress(o.from), getAddress(o.to), BigInt(o.value)])
  const target = await forwarder.getAddress()
  const to = getAddress(stranger)

  const paid = await run('pay', [stranger], 11n)
  assert.deepEqual(await operations(paid), [[operation.transfer, target, to, 11n]])
  const made = await run('create', [stranger, `0x${'00'.repeat(32)}`], 8n)
  const kinds = (await operations(made)).map(([type, , , value]) => [type, value])
  assert.deepEqual(kinds, [[operation.create, 4n], [operation.selfDestruct, 4n], [operation.create2, 4n], [operation.selfDestruct, 4n]])
  assert.deepEqual(await operations(await run('tryAndGoOn', [stranger], 5n)), [], 'what was undone is not shown')

  const trace = await send('ots_traceTransaction', paid.hash)
  assert.deepEqual(trace.map((t) => [t.type, t.depth, getAddress(t.from), getAddress(t.to), BigInt(t.value)]), [['CALL', 0, me.address, target, 11n], ['CALL', 1, target, to, 11n]])
  assert.ok(trace.every((t) => isHexString(t.input) && isHexString(t.output)))
  const tree = await send('ots_traceTransaction', made.hash)
  assert.deepEqual(tree.map((t) => `${t.depth} ${t.type}`), ['0 CALL', '1 CREATE', '2 SELFDESTRUCT', '1 CREATE2', '2 SELFDESTRUCT'])

  const failed = async (contract, name, ...args) => (await contract[name].send(...args, { gasLimit: 200_000 })).wait().catch((e) => e.receipt)
  const reason = await send('ots_getTransactionError', (await failed(probe, 'refuse')).hash)
  assert.equal(reason.slice(0, 10), '0x08c379a0')
  assert.equal(AbiCoder.defaultAbiCoder().decode(['string'], dataSlice(reason, 4))[0], 'refused as asked')
  const custom = await send('ots_getTransactionError', (await failed(probe, 'store', 1, 2n * 10n ** 30n)).hash)
  assert.equal(probe.interface.parseError(custom).name, 'TooLarge')
  assert.equal(await send('ots_getTransactionError', paid.hash), '0x')

  // The rest of that page is ethers': the transaction, its receipt with logs and confirmations, both null if unknown.
  const [response, receipt] = await Promise.all([provider.getTransaction(paid.hash), provider.getTransactionReceipt(paid.hash)])
  assert.equal(response.gasPrice * receipt.gasUsed, receipt.fee)
  assert.ok((await receipt.confirmations()) >= 1)
  assert.equal(await provider.getTransaction(`0x${'11'.repeat(32)}`), null)
})

test('the address page: code, creator, balance, nonces', async () => {
  const address = await probe.getAddress()
  assert.equal(await send('ots_hasCode', address, 'latest'), true)
  assert.equal(await send('ots_hasCode', me.address, 'latest'), false)
  const created = await probe.deploymentTransaction().wait()
  assert.equal(await send('ots_hasCode', address, created.blockNumber - 1), false)
  assert.deepEqual(await send('ots_getContractCreator', address).then(({ hash: h, creator }) => [h, getAddress(creator)]), [created.hash, me.address])
  assert.equal(await send('ots_getContractCreator', me.address), null)
  for (const nonce of [0, 2]) {
    const found = await send('ots_getTransactionBySenderAndNonce', me.address, nonce)
    const tx = await provider.getTransaction(found)
    assert.deepEqual([tx.from, tx.nonce], [me.address, nonce])
  }
  assert.equal(await send('ots_getTransactionBySenderAndNonce', me.address, await provider.getTransactionCount(me)), null)
  assert.ok((await provider.getBalance(me.address)) > 0n)
  // Tokens are probed by calls, and what is none must fail in a way ethers understands.
  const prototype = new Contract(ZeroAddress, token.interface)
  assert.equal(await prototype.connect(provider).attach(await token.getAddress()).symbol(), 'USD')
  await assert.rejects(prototype.connect(provider).attach(me.address).symbol(), { code: 'BAD_DATA' })
})

test('the address page: its transactions, forwards and backwards, inner ones too', async () => {
  const count = 60
  const first = await me.getNonce()
  const responses = await Promise.all(Array.from({ length: count }, (_, i) => (i % 3 === 0
    ? forwarder.pay(stranger, { nonce: first + i, value: 1n, gasLimit: 100_000 })
    : me.sendTransaction({ to: stranger, nonce: first + i, value: 1n, gasLimit: 21_000 }))))
  await Promise.all(responses.map((r) => r.wait()))
  const read = async (method, block) => {
    const page = await send(method, stranger, block, pageSize)
    const txs = page.txs.map(readTransaction)
    page.receipts.forEach((raw, i) => {
      assert.equal(readReceipt(raw).hash, txs[i].hash)
      assert.ok(number(raw.timestamp) > 1_700_000_000)
    })
    return { ...page, txs }
  }
  const order = (txs) => txs.map((t) => t.blockNumber * 1e6 + t.index)

  const backwards = []
  for (let block = 0, page; !page?.lastPage; block = page.txs.at(-1).blockNumber) {
    page = await read('ots_searchTransactionsBefore', block)
    assert.equal(page.firstPage, block === 0)
    backwards.push(...page.txs)
  }
  assert.deepEqual(order(backwards), order(backwards).sort((a, b) => b - a), 'newest first, none twice')
  const own = new Set(responses.map((r) => r.hash))
  assert.equal(backwards.filter((t) => own.has(t.hash)).length, count)
  // Besides these: a payment, and one that was undone but touched it.
  const others = backwards.filter((t) => !own.has(t.hash)).map((t) => forwarder.interface.parseTransaction(t).name)
  assert.deepEqual(others.filter((name) => name !== 'create'), ['tryAndGoOn', 'pay'])

  const forwards = []
  for (let block = 0, page; !page?.firstPage; block = page.txs[0].blockNumber) {
    page = await read('ots_searchTransactionsAfter', block)
    assert.equal(page.lastPage, block === 0)
    forwards.unshift(...page.txs)
  }
  assert.deepEqual(order(forwards), order(backwards))
})

test('the tabs "state diff" and "revert trace"', { skip: !isAtlas && 'of Atlas alone' }, async () => {
  const receipt = await (await me.sendTransaction({ to: friend, value: 1n })).wait()
  const { stateDiff } = await send('trace_replayTransaction', receipt.hash, ['stateDiff'])
  const { from, to } = stateDiff[friend.address.toLowerCase()].balance['*']
  assert.equal(BigInt(to) - BigInt(from), 1n)
  assert.equal(stateDiff[friend.address.toLowerCase()].nonce, '=')
  assert.deepEqual((await send('trace_replayTransaction', receipt.hash, ['vmTrace'])).vmTrace, { code: '0x', ops: [] })
})

test('what it asks besides and no tab works without is refused as unknown, not wrongly answered', { skip: !isAtlas && 'of Atlas alone' }, async () => {
  for (const [method, ...params] of [['ots2_getERC20List', 0, 10], ['ots2_getAllContractsCount']]) {
    await assert.rejects(send(method, ...params), (error) => (error.info?.error ?? error.error).code === -32601)
  }
})
