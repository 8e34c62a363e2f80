// What a wallet in a browser (MetaMask and its like) sends, request by request, and the shape of what it must get.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decodeErrorResult, encodeFunctionData, keccak256, parseGwei } from 'viem'
import { atlasBin, devChainId, isAtlas, makeTempDir, removeDir, sleep, startChain, until } from './lib/chain.mjs'
import { account, clients, compile, confirm, deploy } from './lib/clients.mjs'

const origin = 'https://app.example.org'
const quantity = /^0x(0|[1-9a-f][0-9a-f]*)$/
const user = account(1)
let chain, reader, probe, id = 0

/** A request as a page sends it: everything of the answer, errors too. */
async function post(body, url = chain.url) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', origin }, body: JSON.stringify(body) })
  return { status: response.status, headers: response.headers, answer: await response.json() }
}
const ask = async (method, params = []) => (await post({ id: ++id, jsonrpc: '2.0', method, params })).answer
async function result(method, ...params) {
  const answer = await ask(method, params)
  assert.deepEqual(Object.keys(answer).sort(), ['id', 'jsonrpc', 'result'], JSON.stringify(answer))
  assert.deepEqual([answer.jsonrpc, answer.id], ['2.0', id])
  return answer.result
}
async function error(method, ...params) {
  const { status, answer } = await post({ id: ++id, jsonrpc: '2.0', method, params })
  assert.equal(status, 200, 'an error of the method is not one of HTTP')
  assert.deepEqual(Object.keys(answer).sort(), ['error', 'id', 'jsonrpc'])
  assert.ok(Number.isInteger(answer.error.code) && typeof answer.error.message === 'string')
  return answer.error
}
const sign = (tx) => user.signTransaction({ chainId: devChainId, type: 'eip1559', to: account(2).address, gas: 21_000n, maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('1'), ...tx })
const nonceOf = async (tag = 'pending') => Number(await result('eth_getTransactionCount', user.address, tag))

before(async () => {
  chain = await startChain()
  const viem = clients(chain)
  reader = viem.reader
  const code = (await compile(['Probe.sol']))('Probe.sol', 'Probe')
  probe = { abi: code.abi, address: await deploy(reader, viem.wallet(0), code) }
})
after(() => chain?.stop())

test('adding the network: its ids, its client, its head', async () => {
  assert.equal(await result('eth_chainId'), '0x7a69')
  assert.equal(await result('net_version'), '31337', 'a decimal string')
  assert.match(await result('web3_clientVersion'), /^\S+/)
  assert.equal(await result('net_listening'), true)
  assert.equal(await result('eth_syncing'), false)
  const block = await result('eth_getBlockByNumber', 'latest', false)
  for (const field of ['number', 'timestamp', 'gasLimit', 'gasUsed', 'baseFeePerGas', 'size']) assert.match(block[field], quantity, field)
  assert.ok(block.baseFeePerGas, 'by this a wallet knows EIP-1559')
})

test('polling the head: it never goes back', async () => {
  const heads = []
  for (let i = 0; i < 20; ++i) {
    if (i % 5 === 0) await result('eth_sendRawTransaction', await sign({ nonce: await nonceOf(), value: BigInt(i) }))
    const head = await result('eth_blockNumber')
    assert.match(head, quantity)
    heads.push(Number(head))
    await sleep(50)
  }
  assert.deepEqual(heads, [...heads].sort((a, b) => a - b))
  assert.ok(heads.at(-1) > heads[0])
})

test('balances: at the head, at a number, of many at once in a batch', async () => {
  const head = await result('eth_blockNumber')
  assert.match(await result('eth_getBalance', user.address, head), quantity)
  assert.equal(await result('eth_getCode', user.address, 'latest'), '0x')
  const batch = Array.from({ length: 10 }, (_, i) => ({ jsonrpc: '2.0', id: `balance-${i}`, method: 'eth_getBalance', params: [account(i).address, 'latest'] }))
  const { answer } = await post([...batch, { jsonrpc: '2.0', id: 99, method: 'eth_nonsense' }])
  assert.deepEqual(answer.map((a) => a.id).sort(), [...batch.map((b) => b.id), 99].sort(), 'ids come back as they were')
  assert.equal(answer.filter((a) => a.result).length, 10)
  assert.equal(answer.find((a) => a.id === 99).error.code, -32601)
})

test('the fee screen: history with percentiles, price, tip', async () => {
  const history = await result('eth_feeHistory', '0x5', 'latest', [10, 20, 30])
  const blocks = history.gasUsedRatio.length
  assert.ok(blocks >= 2 && blocks <= 5)
  assert.equal(history.baseFeePerGas.length, blocks + 1, 'the next block too')
  assert.deepEqual(history.reward.map((r) => r.length), Array(blocks).fill(3))
  assert.match(history.oldestBlock, quantity)
  for (const fee of [...history.baseFeePerGas, ...history.reward.flat()]) assert.match(fee, quantity)
  assert.ok(history.gasUsedRatio.every((r) => typeof r === 'number' && r >= 0 && r <= 1))
  const [price, tip] = [await result('eth_gasPrice'), await result('eth_maxPriorityFeePerGas')]
  assert.ok(BigInt(price) >= BigInt(history.baseFeePerGas.at(-1)) && BigInt(tip) > 0n)
})

test('the gas screen: a transfer, a contract, and what is going to fail', async () => {
  assert.equal(await result('eth_estimateGas', { from: user.address, to: account(2).address, value: '0x1' }), '0x5208')
  const data = encodeFunctionData({ ...probe, functionName: 'store', args: [1n, 2n] })
  // MetaMask names the block's gas limit as gas, and sends the type and fees along.
  const { gasLimit } = await result('eth_getBlockByNumber', 'latest', false)
  const gas = await result('eth_estimateGas', { from: user.address, to: probe.address, data, value: '0x0', gas: gasLimit, type: '0x2', maxFeePerGas: '0x4a817c800', maxPriorityFeePerGas: '0x3b9aca00' })
  assert.ok(Number(gas) > 40_000 && Number(gas) < 80_000)
  const refused = await error('eth_estimateGas', { from: user.address, to: probe.address, data: encodeFunctionData({ ...probe, functionName: 'refuse' }) })
  assert.equal(refused.code, 3)
  assert.match(refused.message, /^execution reverted: refused as asked/)
  assert.deepEqual(decodeErrorResult({ abi: probe.abi, data: refused.data }).args, ['refused as asked'])
  if (!isAtlas) return // anvil estimates for whoever cannot pay, geth does not
  const poor = '0x00000000000000000000000000000000000bad00'
  const broke = await error('eth_estimateGas', { from: poor, to: user.address, value: '0xde0b6b3a7640000' })
  assert.match(broke.message, /insufficient (funds|balance)/i)
})

test('sending: the hash at once, null while it waits, then the receipt', async () => {
  const nonce = await nonceOf()
  // Behind a gap it waits for as long as we want to look.
  const [second, first] = [await sign({ nonce: nonce + 1, value: 2n }), await sign({ nonce, value: 1n })]
  const hash = await result('eth_sendRawTransaction', second)
  assert.equal(hash, keccak256(second))
  assert.equal(await result('eth_getTransactionReceipt', hash), null)
  const waiting = await result('eth_getTransactionByHash', hash)
  assert.deepEqual([waiting.blockHash, waiting.blockNumber, waiting.transactionIndex, waiting.from], [null, null, null, user.address.toLowerCase()])
  await result('eth_sendRawTransaction', first)
  let receipt
  await until(async () => (receipt = await result('eth_getTransactionReceipt', hash)), 'the receipt')
  for (const field of ['blockNumber', 'cumulativeGasUsed', 'effectiveGasPrice', 'gasUsed', 'transactionIndex', 'type']) assert.match(receipt[field], quantity, field)
  assert.deepEqual([receipt.status, receipt.transactionHash, receipt.contractAddress, receipt.logs], ['0x1', hash, null, []])
  assert.equal((await result('eth_getTransactionByHash', hash)).blockHash, receipt.blockHash)
  assert.equal(await nonceOf('latest'), nonce + 2)
})

test('speeding up: the dearer one replaces, the first is gone', async () => {
  const nonce = await nonceOf()
  const slow = { nonce: nonce + 1, value: 1n, maxFeePerGas: parseGwei('10'), maxPriorityFeePerGas: parseGwei('1') }
  const dropped = await result('eth_sendRawTransaction', await sign(slow))
  if (isAtlas) { // anvil takes any rise, geth a tenth at least
    const tooLittle = await error('eth_sendRawTransaction', await sign({ ...slow, value: 2n, maxFeePerGas: parseGwei('10.5'), maxPriorityFeePerGas: parseGwei('1.05') }))
    assert.equal(tooLittle.code, -32000)
    assert.match(tooLittle.message, /replacement transaction underpriced/)
  }
  const replaced = await result('eth_sendRawTransaction', await sign({ ...slow, to: user.address, value: 0n, maxFeePerGas: parseGwei('11'), maxPriorityFeePerGas: parseGwei('1.1') }))
  await confirm(reader, await result('eth_sendRawTransaction', await sign({ nonce })))
  await confirm(reader, replaced)
  assert.equal(await result('eth_getTransactionReceipt', dropped), null)
  assert.equal(await result('eth_getTransactionByHash', dropped), null)
})

test('refusals have the words and codes that wallets translate', async () => {
  const nonce = await nonceOf()
  const old = await error('eth_sendRawTransaction', await sign({ nonce: 0 }))
  assert.match(old.message, /nonce too low/)
  const rich = await error('eth_sendRawTransaction', await sign({ nonce, value: 10n ** 30n }))
  assert.match(rich.message, /insufficient funds/i)
  if (isAtlas) assert.deepEqual([old.code, rich.code], [-32000, -32000])
  assert.match((await error('eth_sendRawTransaction', await sign({ nonce, chainId: 1 }))).message, /chain.?id/i)
  assert.equal((await error('eth_getBalance', '0x1234', 'latest')).code, -32602)
  assert.equal((await error('wallet_addEthereumChain', {})).code, -32601)
  const known = await sign({ nonce: nonce + 3 })
  await result('eth_sendRawTransaction', known)
  assert.match((await error('eth_sendRawTransaction', known)).message, /already known|already imported/)
})

test('a page of another origin may ask: preflight and answer', async () => {
  const preflight = await fetch(chain.url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } })
  assert.ok(preflight.ok)
  assert.match(preflight.headers.get('access-control-allow-origin'), /^(\*|https:\/\/app\.example\.org)$/)
  assert.match(preflight.headers.get('access-control-allow-methods'), /POST/)
  assert.match(preflight.headers.get('access-control-allow-headers'), /content-type/i)
  const { headers } = await post({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
  assert.match(headers.get('access-control-allow-origin'), /^(\*|https:\/\/app\.example\.org)$/)
})

describe('a node that names its origins', { skip: !isAtlas && 'of Atlas alone' }, () => {
  test('answers those, and gives no leave to others', async () => {
    const dir = await makeTempDir()
    let node
    try {
      node = await startChain({
        dataDir: dir,
        command: async (port) => {
          await writeFile(join(dir, 'genesis.toml'), `chain_id = ${devChainId}\n[[accounts]]\naddress = "${user.address}"\nbalance = "1"\n`)
          await writeFile(join(dir, 'atlas.toml'), `[node]\ndata_dir = "data"\ngenesis = "genesis.toml"\n[rpc]\nport = ${port}\ncors_origins = ["${origin}"]\n`)
          return [atlasBin, ['node', '--config', join(dir, 'atlas.toml')]]
        },
      })
      const leave = async (from) => {
        const response = await fetch(node.url, { method: 'OPTIONS', headers: { origin: from, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } })
        return response.headers.get('access-control-allow-origin')
      }
      assert.equal(await leave(origin), origin)
      assert.equal(await leave('https://elsewhere.example.org'), null)
    } finally {
      await node?.stop('SIGKILL').catch(() => {})
      await removeDir(dir)
    }
  })
})
