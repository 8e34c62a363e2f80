// Transactions that come from L1: deposits, calls, failures, and an upgrade that places code. A development chain takes
// them by atlas_sendL1Transaction, since it has no L1.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { concat, encodeAbiParameters, encodeFunctionData, keccak256, numberToHex, parseEther, size, slice } from 'viem'
import { isAtlas, rpc, startChain } from './lib/chain.mjs'
import { account, clients, compile, deploy } from './lib/clients.mjs'

const deployer = '0x0000000000000000000000000000000000008006'
const sender = '0x1111000000000000000000000000000000005171'
const receiver = '0x00000000000000000000000000000000000a71a5'
const gasPrice = 100_000_000n

/** As L1 emits it: type byte and abi.encode of ZKsync's L2CanonicalTransaction. */
function fromL1(type, { nonce, to, value = 0n, data = '0x', gas = 1_000_000n, mint = 0n, price = gasPrice, refund = sender }) {
  const uints = (n) => Array(n).fill({ type: 'uint256' })
  const components = [...uints(10), { type: 'uint256[4]' }, { type: 'bytes' }, { type: 'bytes' }, { type: 'uint256[]' }, { type: 'bytes' }, { type: 'bytes' }].map((c, i) => ({ ...c, name: `f${i}` }))
  const fields = [BigInt(type), BigInt(sender), BigInt(to), gas, 800n, price, 0n, 0n, nonce, value, [mint, BigInt(refund), 0n, 0n], data, '0x', [], '0x', '0x']
  const body = encodeAbiParameters([{ type: 'tuple', components }], [Object.fromEntries(fields.map((f, i) => [`f${i}`, f]))])
  return concat([numberToHex(type), body])
}
/** What an upgrade to the deployer carries: code by address, then perhaps a call. */
const placing = (codes, call = []) =>
  concat([numberToHex(codes.length, { size: 4 }), ...codes.flatMap(([address, code]) => [address, numberToHex(size(code), { size: 4 }), code]), ...call])

describe('transactions from L1', { skip: !isAtlas && 'of Atlas alone' }, () => {
  let chain, reader, wallet, code, probe
  let nonce = 0n
  const send = async (type, fields) => {
    const raw = fromL1(type, { nonce: nonce++, ...fields })
    const hash = await rpc(chain.url, 'atlas_sendL1Transaction', [raw])
    assert.equal(hash, keccak256(slice(raw, 1)), 'the hash that L1 knows')
    return rpc(chain.url, 'eth_getTransactionReceipt', [hash])
  }
  const deposit = (fields) => send(0x7f, { mint: parseEther('1') + (fields.value ?? 0n), ...fields })

  before(async () => {
    chain = await startChain()
    const viem = clients(chain)
    reader = viem.reader
    wallet = viem.wallet(0)
    code = (await compile(['Probe.sol']))('Probe.sol', 'Probe')
    probe = { abi: code.abi, address: await deploy(reader, wallet, code) }
  })
  after(() => chain?.stop())

  test('a deposit mints, and what is left of the mint goes to the refund recipient', async () => {
    const receipt = await deposit({ to: receiver, value: 7n })
    assert.equal(receipt.status, '0x1')
    assert.equal(receipt.type, '0x7f')
    assert.equal(receipt.from, sender)
    assert.equal(await reader.getBalance({ address: receiver }), 7n)
    assert.equal(await reader.getBalance({ address: sender }), parseEther('1') - BigInt(receipt.gasUsed) * gasPrice)
  })

  test('a call runs as its sender', async () => {
    const data = encodeFunctionData({ ...probe, functionName: 'store', args: [5n, 55n] })
    const receipt = await deposit({ to: probe.address, data })
    assert.equal(receipt.status, '0x1')
    assert.equal(receipt.logs.length, 1)
    assert.equal(await reader.readContract({ ...probe, functionName: 'values', args: [5n] }), 55n)
  })

  test('a call that fails is included, and refunds all but the fee', async () => {
    const refund = '0x00000000000000000000000000000000000ef00d'
    const data = encodeFunctionData({ ...probe, functionName: 'refuse' })
    const receipt = await deposit({ to: probe.address, data, value: 3n, refund })
    assert.equal(receipt.status, '0x0')
    assert.equal(await reader.getBalance({ address: refund }), parseEther('1') + 3n - BigInt(receipt.gasUsed) * gasPrice)
  })

  test('what L1 should have refused takes its place and fails', async () => {
    const receipt = await deposit({ to: receiver, gas: 2n ** 25n, value: 1n })
    assert.equal(receipt.status, '0x0')
    assert.equal(await reader.getBalance({ address: receiver }), 7n)
  })

  test('an upgrade places code, keeps storage and calls', async () => {
    const upgrade = (data) => send(0x7e, { to: deployer, data, price: 0n, gas: 5_000_000n })
    const fresh = '0x0000000000000000000000000000000000012345'
    // Returns 42, whatever is asked.
    const constant = '0x602a5f5260205ff3'
    const call = [fresh, encodeFunctionData({ ...probe, functionName: 'store', args: [1n, 11n] })]
    assert.equal((await upgrade(placing([[fresh, code.deployedBytecode]], call))).status, '0x1')
    const placed = { ...probe, address: fresh }
    assert.equal(await reader.readContract({ ...placed, functionName: 'values', args: [1n] }), 11n)

    assert.equal((await upgrade(placing([[probe.address, constant], [fresh, constant]]))).status, '0x1')
    assert.equal(await reader.readContract({ ...probe, functionName: 'values', args: [5n] }), 42n)
    assert.equal((await upgrade(placing([[probe.address, code.deployedBytecode]]))).status, '0x1')
    assert.equal(await reader.readContract({ ...probe, functionName: 'values', args: [5n] }), 55n, 'its storage was kept')

    const refused = encodeFunctionData({ ...probe, functionName: 'refuse' })
    assert.equal((await upgrade(placing([[fresh, code.deployedBytecode]], [probe.address, refused]))).status, '0x0')
    assert.equal(await reader.getCode({ address: fresh }), constant, 'a call that fails undoes the placement')
    assert.equal((await upgrade('0x00')).status, '0x0')
  })

  test('nobody else may send them', async () => {
    await assert.rejects(rpc(chain.url, 'eth_sendRawTransaction', [fromL1(0x7f, { nonce, to: receiver, mint: parseEther('9') })]), /type/)
    await assert.rejects(rpc(chain.url, 'atlas_sendL1Transaction', [await wallet.signTransaction({ to: account(1).address, gas: 21_000n, maxFeePerGas: 1n, nonce: 9, type: 'eip1559' })]), /0x7f/)
  })
})
