// viem, unmodified from npm: contracts, events, errors, an OpenZeppelin token, Multicall3.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BaseError, ContractFunctionRevertedError, decodeEventLog, encodeFunctionData, multicall3Abi, parseEther, parseGwei } from 'viem'
// viem carries Multicall3's creation code for calls without a deployment, but does not export it by name.
import { multicall3Bytecode } from './node_modules/viem/_esm/constants/contracts.js'
import { devChainId, isAtlas, startChain } from './lib/chain.mjs'
import { account, clients, compile, confirm, deploy } from './lib/clients.mjs'

let chain, reader, wallet, other, contracts, probe

before(async () => {
  chain = await startChain()
  const viem = clients(chain)
  reader = viem.reader
  wallet = viem.wallet(0)
  other = viem.wallet(1)
  contracts = await compile(['Probe.sol', 'Token.sol'])
  const artefact = contracts('Probe.sol', 'Probe')
  probe = { address: await deploy(reader, wallet, artefact), abi: artefact.abi }
})
after(() => chain?.stop())

/** The revert behind a viem error. */
function revertOf(error) {
  assert.ok(error instanceof BaseError, String(error))
  const revert = error.walk((e) => e instanceof ContractFunctionRevertedError)
  assert.ok(revert, `no revert in: ${error.message}`)
  return revert
}

test('a write changes what is read, and its event decodes', async () => {
  const { request, result } = await reader.simulateContract({ ...probe, functionName: 'store', args: [1n, 10n], account: wallet.account })
  assert.equal(result, 0n)
  const receipt = await confirm(reader, await wallet.writeContract(request))
  assert.equal(receipt.logs.length, 1)
  const event = decodeEventLog({ abi: probe.abi, ...receipt.logs[0] })
  assert.deepEqual(event, { eventName: 'Stored', args: { by: wallet.account.address, key: 1n, value: 10n } })
  assert.equal(await reader.readContract({ ...probe, functionName: 'values', args: [1n] }), 10n)
  const found = await reader.getContractEvents({ ...probe, eventName: 'Stored', args: { key: 1n }, fromBlock: 0n })
  assert.deepEqual(found.map((log) => log.transactionHash), [receipt.transactionHash])
})

test('revert reasons, custom errors and panics reach the caller', async () => {
  const reason = await reader.readContract({ ...probe, functionName: 'refuse' }).catch(revertOf)
  assert.equal(reason.reason, 'refused as asked')
  const custom = await reader.simulateContract({ ...probe, functionName: 'store', args: [1n, 2n * 10n ** 30n] }).catch(revertOf)
  assert.equal(custom.data.errorName, 'TooLarge')
  assert.deepEqual(custom.data.args, [2n * 10n ** 30n, 10n ** 30n])
  const panic = await reader.readContract({ ...probe, functionName: 'divide', args: [1n, 0n] }).catch(revertOf)
  assert.match(panic.reason ?? panic.message, /division or modulo by zero/i)
})

test('a transaction that reverts is mined with status 0 and costs gas', async () => {
  const data = encodeFunctionData({ ...probe, functionName: 'refuse' })
  const hash = await wallet.sendTransaction({ to: probe.address, data, gas: 100_000n })
  const receipt = await reader.waitForTransactionReceipt({ hash })
  assert.equal(receipt.status, 'reverted')
  assert.ok(receipt.gasUsed > 21_000n && receipt.gasUsed < 100_000n)
  assert.deepEqual(receipt.logs, [])
})

test('every transaction type confirms with what it was signed with', async () => {
  const to = account(9).address
  const fees = { maxFeePerGas: parseGwei('5'), maxPriorityFeePerGas: parseGwei('1') }
  const gasPrice = parseGwei('5')
  const accessList = [{ address: probe.address, storageKeys: [`0x${'00'.repeat(32)}`] }]
  const authorization = await other.signAuthorization({ contractAddress: probe.address })
  const requests = [
    { type: 'legacy', gasPrice },
    { type: 'eip2930', gasPrice, accessList },
    { type: 'eip1559', ...fees, accessList },
    { type: 'eip7702', ...fees, authorizationList: [authorization] },
  ]
  for (const request of requests) {
    const receipt = await confirm(reader, await wallet.sendTransaction({ to, value: 1n, ...request }))
    assert.equal(receipt.type, request.type)
    const tx = await reader.getTransaction({ hash: receipt.transactionHash })
    assert.equal(tx.type, request.type)
    assert.equal(tx.value, 1n)
    if (request.accessList) assert.equal(tx.accessList[0].address.toLowerCase(), probe.address.toLowerCase())
  }
  assert.equal((await reader.getCode({ address: other.account.address })).toLowerCase(), `0xef0100${probe.address.slice(2)}`.toLowerCase())
})

test('nonces: several at once confirm in order, an old one is refused', async () => {
  const first = await reader.getTransactionCount({ address: wallet.account.address })
  const hashes = []
  for (let i = 0; i < 12; ++i) hashes.push(await wallet.sendTransaction({ to: account(8).address, value: 1n, nonce: first + i, gas: 21_000n }))
  const receipts = await Promise.all(hashes.map((hash) => confirm(reader, hash)))
  const order = receipts.map((r) => Number(r.blockNumber) * 1e6 + r.transactionIndex)
  assert.deepEqual(order, [...order].sort((a, b) => a - b))
  assert.equal(await reader.getTransactionCount({ address: wallet.account.address }), first + 12)
  await assert.rejects(wallet.sendTransaction({ to: account(8).address, value: 2n, nonce: first, gas: 21_000n }), /nonce/i)
})

test('estimates are enough and not wasteful', async () => {
  for (const n of [1n, 100n, 3000n]) {
    const gas = await reader.estimateContractGas({ ...probe, functionName: 'spin', args: [n], account: wallet.account })
    const receipt = await confirm(reader, await wallet.writeContract({ ...probe, functionName: 'spin', args: [n], gas }))
    assert.ok(receipt.gasUsed <= gas && gas < (receipt.gasUsed * 13n) / 10n, `spin(${n}): used ${receipt.gasUsed} of ${gas}`)
  }
})

test('blocks: numbers rise by one, hashes chain, fees follow', async () => {
  const head = await reader.getBlock()
  assert.ok(head.baseFeePerGas > 0n)
  for (let number = head.number; number > 0n && number + 5n > head.number; --number) {
    const block = await reader.getBlock({ blockNumber: number })
    const parent = await reader.getBlock({ blockHash: block.parentHash })
    assert.equal(parent.number, number - 1n)
    assert.ok(block.timestamp >= parent.timestamp)
  }
  const history = await reader.getFeeHistory({ blockCount: 3, rewardPercentiles: [50] })
  assert.ok(history.baseFeePerGas.length >= 2)
  assert.equal(await reader.getChainId(), devChainId)
})

test('an OpenZeppelin ERC-20: metadata, transfer, allowance, permit', async () => {
  const artefact = contracts('Token.sol', 'Token')
  const token = { abi: artefact.abi, address: await deploy(reader, wallet, artefact, ['Atlas Token', 'ATL', parseEther('1000')]) }
  const read = (functionName, args = []) => reader.readContract({ ...token, functionName, args })
  const [owner, spender] = [wallet.account.address, other.account.address]
  assert.deepEqual([await read('name'), await read('symbol'), await read('decimals')], ['Atlas Token', 'ATL', 18])
  await confirm(reader, await wallet.writeContract({ ...token, functionName: 'transfer', args: [spender, parseEther('10')] }))
  assert.equal(await read('balanceOf', [spender]), parseEther('10'))
  await confirm(reader, await wallet.writeContract({ ...token, functionName: 'approve', args: [spender, 5n] }))
  await confirm(reader, await other.writeContract({ ...token, functionName: 'transferFrom', args: [owner, account(3).address, 5n] }))
  assert.equal(await read('allowance', [owner, spender]), 0n)
  assert.equal(await read('balanceOf', [account(3).address]), 5n)

  const deadline = 2n ** 40n
  const signature = await wallet.signTypedData({
    domain: { name: 'Atlas Token', version: '1', chainId: devChainId, verifyingContract: token.address },
    types: {
      Permit: ['owner', 'spender', 'value', 'nonce', 'deadline'].map((name, i) => ({ name, type: i < 2 ? 'address' : 'uint256' })),
    },
    primaryType: 'Permit',
    message: { owner, spender, value: 77n, nonce: 0n, deadline },
  })
  const [r, s, v] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`, parseInt(signature.slice(130), 16)]
  await confirm(reader, await other.writeContract({ ...token, functionName: 'permit', args: [owner, spender, 77n, deadline, v, r, s] }))
  assert.equal(await read('allowance', [owner, spender]), 77n)
})

test('Multicall3 reads many things at one block', async () => {
  const address = await deploy(reader, wallet, { abi: multicall3Abi, bytecode: multicall3Bytecode })
  await confirm(reader, await wallet.writeContract({ ...probe, functionName: 'store', args: [500n, 5n] }))
  const results = await reader.multicall({
    multicallAddress: address,
    contracts: [
      { ...probe, functionName: 'values', args: [500n] },
      { ...probe, functionName: 'refuse' },
      { ...probe, functionName: 'blockNumber' },
    ],
  })
  assert.equal(results[0].result, 5n)
  assert.equal(results[1].status, 'failure')
  assert.ok(results[2].result > 0n)
})

test('a transfer is confirmed in less than half a second', { skip: !isAtlas && 'anvil mines once a second here' }, async () => {
  const latencies_ms = []
  for (let i = 0; i < 9; ++i) {
    const request = await wallet.prepareTransactionRequest({ to: account(7).address, value: 1n })
    const serializedTransaction = await wallet.signTransaction(request)
    const start = performance.now()
    await confirm(reader, await reader.sendRawTransaction({ serializedTransaction }))
    latencies_ms.push(performance.now() - start)
  }
  latencies_ms.sort((a, b) => a - b)
  assert.ok(latencies_ms[4] < 500, `median ${latencies_ms[4].toFixed(0)} ms of ${latencies_ms.map((x) => x.toFixed(0))}`)
})
