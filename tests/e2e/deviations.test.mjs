// docs/deviations.md, a test a row: what differs from Ethereum, differs as the table says.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isAtlas, rpc, sleep, startChain } from './lib/chain.mjs'
import { account, clients, compile, confirm, deploy } from './lib/clients.mjs'

const zeroHash = `0x${'00'.repeat(32)}`
const emptyTrieRoot = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
const sha256OfNothing = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const beaconRoots = '0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02'

describe('deviations', { skip: !isAtlas && 'of Atlas alone' }, () => {
  let chain, reader, wallet, surroundings
  const read = (functionName, args = []) => reader.readContract({ ...surroundings, functionName, args })
  const pay = async () => confirm(reader, await wallet.sendTransaction({ to: account(1).address, value: 1n }))

  before(async () => {
    chain = await startChain()
    const viem = clients(chain)
    reader = viem.reader
    wallet = viem.wallet(0)
    const code = (await compile(['Surroundings.sol']))('Surroundings.sol', 'Surroundings')
    surroundings = { abi: code.abi, address: await deploy(reader, wallet, code) }
  })
  after(() => chain?.stop())

  test('blob and EraVM transactions are refused, by name', async () => {
    for (const [type, name] of [['03', /blob/i], ['71', /0x71|type/i]]) {
      await assert.rejects(rpc(chain.url, 'eth_sendRawTransaction', [`0x${type}c0`]), (error) => name.test(error.message))
    }
  })

  test('BLOBHASH is zero, BLOBBASEFEE 1 wei', async () => {
    assert.deepEqual(await read('blobs'), [zeroHash, 1n])
  })

  test('blocks may share a second, and nothing to do means no block', async () => {
    const blocks = []
    const shared = () => blocks.some((block, i) => i > 0 && block.timestamp === blocks[i - 1].timestamp)
    for (let i = 0; i < 50 && !shared(); ++i) blocks.push(await reader.getBlock({ blockHash: (await pay()).blockHash }))
    assert.ok(shared(), 'two of fifty in one second')
    await sleep(1500)
    assert.equal(await reader.getBlockNumber({ cacheTime: 0 }), blocks.at(-1).number)
  })

  test('constant header fields', async () => {
    const block = await rpc(chain.url, 'eth_getBlockByNumber', ['latest', false])
    assert.equal(block.stateRoot, zeroHash)
    assert.equal(block.mixHash, zeroHash)
    assert.equal(block.withdrawalsRoot, emptyTrieRoot)
    assert.equal(block.parentBeaconBlockRoot, zeroHash)
    assert.equal(block.requestsHash, sha256OfNothing)
    assert.deepEqual([block.blobGasUsed, block.excessBlobGas, block.difficulty], ['0x0', '0x0', '0x0'])
    await assert.rejects(rpc(chain.url, 'eth_getProof', [surroundings.address, [], 'latest']), /atlas_getProof/)
  })

  test('PREVRANDAO is zero', async () => assert.equal(await read('randao'), 0n))

  test('COINBASE receives the whole fee, the base fee included', async () => {
    const coinbase = await read('coinbase')
    const before_wei = await reader.getBalance({ address: coinbase })
    const receipt = await pay()
    const block = await reader.getBlock({ blockHash: receipt.blockHash })
    assert.equal(block.miner.toLowerCase(), coinbase.toLowerCase())
    assert.ok(block.baseFeePerGas > 0n)
    assert.equal((await reader.getBalance({ address: coinbase })) - before_wei, receipt.gasUsed * receipt.effectiveGasPrice)
  })

  test('the base fee moves by at most 1/250 a block', async () => {
    for (let number = await reader.getBlockNumber(); number > 1n; --number) {
      const [block, parent] = await Promise.all([number, number - 1n].map((blockNumber) => reader.getBlock({ blockNumber })))
      const change = block.baseFeePerGas - parent.baseFeePerGas
      assert.ok((change < 0n ? -change : change) <= parent.baseFeePerGas / 250n)
    }
  })

  test('BLOCKHASH gives the hashes of the last 256 blocks', async () => {
    await pay()
    const head = await reader.getBlockNumber({ cacheTime: 0 })
    for (const number of [head - 1n, head - 3n, 0n]) {
      assert.equal(await read('hashOf', [number]), (await reader.getBlock({ blockNumber: number })).hash)
    }
  })

  test('the beacon-root contract is there and knows nothing', async () => {
    assert.ok((await reader.getCode({ address: beaconRoots }))?.length > 2)
    const { timestamp } = await reader.getBlock()
    const data = `0x${timestamp.toString(16).padStart(64, '0')}`
    await assert.rejects(reader.call({ to: beaconRoots, data }), /revert/i)
  })
})
