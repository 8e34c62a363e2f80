// cast, unmodified from npm: what a person types at a terminal.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { foundryBin, makeTempDir, removeDir, run, startChain } from './lib/chain.mjs'
import { account, compile, privateKey } from './lib/clients.mjs'

let chain, home, probe, contract

/** Runs cast against the chain and returns what it printed; a failure carries cast's own words. */
async function cast(...args) {
  const result = await tryCast(...args)
  assert.equal(result.code, 0, `cast ${args.join(' ')}: ${result.stderr}`)
  return result.stdout.trim()
}
const tryCast = (...args) =>
  run(foundryBin('cast'), args, { env: { ETH_RPC_URL: chain.url, HOME: home, NO_COLOR: '1' } })
const send = async (...args) => JSON.parse(await cast('send', '--json', '--private-key', privateKey(0), ...args))

before(async () => {
  chain = await startChain()
  home = await makeTempDir()
  probe = (await compile(['Probe.sol']))('Probe.sol', 'Probe')
  contract = (await send('--create', probe.bytecode)).contractAddress
})
after(async () => {
  await chain?.stop()
  if (home) await removeDir(home)
})

test('chain-id, client, block-number', async () => {
  assert.equal(await cast('chain-id'), '31337')
  assert.match(await cast('client'), /\w+\/v?\d+/)
  assert.ok(Number(await cast('block-number')) >= 1)
})

test('send value: the receiver has it, the sender paid it and the fee', async () => {
  const to = '0x00000000000000000000000000000000000a71a5'
  const before_wei = BigInt(await cast('balance', account(0).address))
  const receipt = await send(to, '--value', '1.5ether')
  assert.equal(receipt.status, '0x1')
  assert.equal(BigInt(receipt.gasUsed), 21000n)
  assert.equal(await cast('balance', to, '--ether'), '1.500000000000000000')
  const fee_wei = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice)
  const after_wei = BigInt(await cast('balance', account(0).address))
  assert.equal(before_wei - after_wei, 1_500_000_000_000_000_000n + fee_wei)
})

test('send as legacy, with an access list, and as EIP-1559', async () => {
  const to = account(5).address
  const types = {}
  types.legacy = (await send(to, '--value', '1', '--legacy')).type
  types.accessList = (await send(contract, 'store(uint256,uint256)', '1', '2', '--access-list')).type
  types.fees = (await send(to, '--value', '1')).type
  assert.deepEqual(types, { legacy: '0x0', accessList: '0x2', fees: '0x2' })
})

test('call, storage and code of a contract', async () => {
  await send(contract, 'store(uint256,uint256)', '7', '4711')
  assert.equal(await cast('call', contract, 'values(uint256)(uint256)', '7'), '4711')
  assert.ok(BigInt(await cast('storage', contract, '1')) >= 1n, 'slot 1 counts the writes')
  assert.ok((await cast('code', contract)).length > 100)
  assert.equal(await cast('code', account(3).address), '0x')
})

test('estimate: enough to send with, and more for more work', async () => {
  const little = Number(await cast('estimate', contract, 'spin(uint256)', '10'))
  const much = Number(await cast('estimate', contract, 'spin(uint256)', '2000'))
  assert.ok(much > little + 100_000, `${much} > ${little} + 100,000`)
  const receipt = await send(contract, 'spin(uint256)', '2000', '--gas-limit', String(much))
  assert.equal(receipt.status, '0x1')
  assert.ok(Number(receipt.gasUsed) <= much)
})

test('nonce, transaction, receipt and block agree', async () => {
  const nonce = Number(await cast('nonce', account(0).address))
  const receipt = await send(account(1).address, '--value', '3')
  assert.equal(Number(await cast('nonce', account(0).address)), nonce + 1)
  const tx = JSON.parse(await cast('tx', receipt.transactionHash, '--json'))
  assert.equal(Number(tx.nonce), nonce)
  assert.equal(tx.blockHash, receipt.blockHash)
  const again = JSON.parse(await cast('receipt', receipt.transactionHash, '--json'))
  assert.equal(again.blockHash, receipt.blockHash)
  assert.equal(again.transactionIndex, receipt.transactionIndex)
  const block = JSON.parse(await cast('block', receipt.blockHash, '--json'))
  assert.ok(block.transactions.includes(receipt.transactionHash))
  assert.equal(BigInt(block.number), BigInt(receipt.blockNumber))
})

test('logs by event, topic and block', async () => {
  const receipt = await send(contract, 'store(uint256,uint256)', '99', '100')
  const found = JSON.parse(
    await cast('logs', '--json', '--address', contract, '--from-block', '1', 'Stored(address indexed,uint256 indexed,uint256)', account(0).address, '99'),
  )
  assert.equal(found.length, 1)
  assert.equal(found[0].transactionHash, receipt.transactionHash)
  assert.equal(BigInt(found[0].data), 100n)
  const none = JSON.parse(
    await cast('logs', '--json', '--address', contract, '--from-block', '1', 'Stored(address indexed,uint256 indexed,uint256)', account(1).address),
  )
  assert.deepEqual(none, [])
})

test('raw rpc, publish and gas-price', async () => {
  assert.equal(JSON.parse(await cast('rpc', 'eth_chainId')), '0x7a69')
  assert.ok(BigInt(await cast('gas-price')) > 0n)
  const raw = await cast('mktx', '--private-key', privateKey(2), account(1).address, '--value', '9')
  const published = JSON.parse(await cast('publish', raw, '--json'))
  assert.equal(published.status, '0x1')
})

test('an EIP-7702 delegation runs the contract as the account', async () => {
  const auth = await cast('wallet', 'sign-auth', contract, '--private-key', privateKey(4))
  const receipt = await send(account(4).address, 'store(uint256,uint256)', '1', '55', '--auth', auth)
  assert.equal(receipt.status, '0x1')
  assert.equal(receipt.type, '0x4')
  assert.equal(await cast('code', account(4).address), `0xef0100${contract.slice(2).toLowerCase()}`)
  assert.equal(await cast('call', account(4).address, 'values(uint256)(uint256)', '1'), '55')
})

test('what goes wrong is said in words that help', async () => {
  const reverted = await tryCast('call', contract, 'refuse()')
  assert.equal(reverted.code, 1)
  assert.match(reverted.stderr, /refused as asked/)
  const poor = await tryCast('send', '--private-key', '0x' + '11'.repeat(32), account(0).address, '--value', '1ether')
  assert.notEqual(poor.code, 0)
  assert.match(poor.stderr, /insufficient funds/i)
  const unknown = await tryCast('rpc', 'eth_doesNotExist')
  assert.notEqual(unknown.code, 0)
  assert.match(unknown.stderr, /-32601|not found|not exist|not available/i)
})
