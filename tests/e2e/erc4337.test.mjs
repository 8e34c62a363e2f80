// ERC-4337: EntryPoint 0.8 and its SimpleAccount from npm, driven by viem's account abstraction through a bundler that
// simulates, estimates and bundles as real ones do. Bundlers' own JavaScript tracers (ERC-7562) are not offered.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { concat, custom, encodeFunctionData, getAddress, getContractAddress, parseEther, parseEventLogs, zeroAddress } from 'viem'
import {
  createBundlerClient, entryPoint08Abi, entryPoint08Address, getUserOperationHash, getUserOperationTypedData, toPackedUserOperation, toSimple7702SmartAccount,
  toSmartAccount,
} from 'viem/account-abstraction'
import { devChainId, rpc, startChain } from './lib/chain.mjs'
import { aaArtefact, create2Deployer, entryPointSalt, startBundler } from './lib/bundler.mjs'
import { account, clients, compile, confirm, deploy } from './lib/clients.mjs'

let chain, reader, wallet, entryPoint, factory, simpleAccount, probe, bundler, request, smart
const owner = account(5) // has no need for ether of its own
const receiver = '0x00000000000000000000000000000000000a71a5'
const read = (contract, functionName, args = []) => reader.readContract({ ...contract, functionName, args })
const deposit = (address) => read(entryPoint, 'balanceOf', [address])
const call = (functionName, args, more) => ({ to: probe.address, abi: probe.abi, functionName, args, ...more })
const revertName = (error) => error.walk((e) => e.data?.errorName)?.data

/** viem's smart account over SimpleAccount and its factory. */
async function toSimpleAccount(salt) {
  const factoryData = encodeFunctionData({ ...factory, functionName: 'createAccount', args: [owner.address, salt] })
  const address = await read(factory, 'getAddress', [owner.address, salt])
  return toSmartAccount({
    client: reader,
    entryPoint: { abi: entryPoint08Abi, address: entryPoint08Address, version: '0.8' },
    getAddress: async () => address,
    getFactoryArgs: async () => ({ factory: factory.address, factoryData }),
    getStubSignature: async () => `0x${'f'.repeat(31)}${'0'.repeat(33)}7${'a'.repeat(63)}1c`, // recovers to somebody
    encodeCalls: async (calls) =>
      calls.length === 1
        ? encodeFunctionData({ ...simpleAccount, functionName: 'execute', args: [calls[0].to, calls[0].value ?? 0n, calls[0].data ?? '0x'] })
        : encodeFunctionData({ ...simpleAccount, functionName: 'executeBatch', args: [calls.map((c) => ({ target: c.to, value: c.value ?? 0n, data: c.data ?? '0x' }))] }),
    signMessage: ({ message }) => owner.signMessage({ message }),
    signTypedData: (data) => owner.signTypedData(data),
    signUserOperation: ({ chainId, ...userOperation }) =>
      owner.signTypedData(getUserOperationTypedData({ chainId: devChainId, entryPointAddress: entryPoint08Address, userOperation: { ...userOperation, sender: address } })),
  })
}

before(async () => {
  chain = await startChain()
  const viem = clients(chain)
  reader = viem.reader
  wallet = viem.wallet(0)
  const { abi, bytecode } = await aaArtefact('EntryPoint')
  await confirm(reader, await wallet.sendTransaction({ to: create2Deployer, data: concat([entryPointSalt, bytecode]) }))
  entryPoint = { abi, address: entryPoint08Address }
  const code = await aaArtefact('SimpleAccountFactory')
  factory = { abi: code.abi, address: await deploy(reader, wallet, code, [entryPoint.address]) }
  simpleAccount = await aaArtefact('SimpleAccount')
  const probeCode = (await compile(['Probe.sol']))('Probe.sol', 'Probe')
  probe = { abi: probeCode.abi, address: await deploy(reader, wallet, probeCode) }
  request = await startBundler(reader, viem.wallet(1))
  smart = await toSimpleAccount(7n)
  bundler = createBundlerClient({ account: smart, client: reader, transport: custom({ request }), pollingInterval: 50 })
})
after(() => chain?.stop())

test('the EntryPoint stands where it stands on every chain', async () => {
  assert.ok((await reader.getCode({ address: entryPoint08Address })).length > 40_000)
  assert.equal(await read(entryPoint, 'senderCreator'), getContractAddress({ from: entryPoint08Address, nonce: 1n }))
})

test('a counterfactual address: said by a revert, equal everywhere, without code', async () => {
  const { factoryData } = await smart.getFactoryArgs()
  const error = await reader.simulateContract({ ...entryPoint, functionName: 'getSenderAddress', args: [concat([factory.address, factoryData])] }).catch((e) => e)
  const revert = revertName(error)
  assert.equal(revert.errorName, 'SenderAddressResult')
  assert.deepEqual(revert.args, [smart.address])
  assert.equal(await reader.getCode({ address: smart.address }), undefined)
})

test('without funds the account is refused in the simulation', async () => {
  await assert.rejects(bundler.sendUserOperation({ calls: [{ to: receiver, value: 1n }], callGasLimit: 100_000n, verificationGasLimit: 500_000n, preVerificationGas: 60_000n }), /AA21|prefund/i)
})

test('the first operation deploys the account and acts; gas is paid by the account', async () => {
  await confirm(reader, await wallet.sendTransaction({ to: smart.address, value: parseEther('1') }))
  const hash = await bundler.sendUserOperation({ calls: [call('store', [1n, 11n]), { to: receiver, value: 5n }] })
  const { success, receipt, actualGasCost, sender } = await bundler.waitForUserOperationReceipt({ hash })
  assert.deepEqual([success, sender], [true, smart.address])
  assert.ok((await reader.getCode({ address: smart.address })).length > 10)
  assert.equal(await read(probe, 'values', [1n]), 11n)
  assert.equal(await reader.getBalance({ address: receiver }), 5n)
  const [stored] = parseEventLogs({ abi: probe.abi, logs: receipt.logs })
  assert.equal(stored.args.by, smart.address)
  const [deployed] = parseEventLogs({ abi: entryPoint.abi, logs: receipt.logs, eventName: 'AccountDeployed' })
  assert.deepEqual([deployed.args.userOpHash, deployed.args.factory], [hash, getAddress(factory.address)])
  // What it paid in advance and did not use stays as its deposit.
  assert.equal((await reader.getBalance({ address: smart.address })) + (await deposit(smart.address)), parseEther('1') - 5n - actualGasCost)
})

test('EntryPoint and viem agree on the hash, and handleOps takes two at once', async () => {
  const other = await toSimpleAccount(8n)
  await confirm(reader, await wallet.writeContract({ ...entryPoint, functionName: 'depositTo', args: [other.address], value: parseEther('0.5') }))
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n }
  const operations = []
  for (const [one, key] of [[smart, 21n], [other, 22n]]) {
    const deployed = await one.isDeployed()
    const userOperation = {
      sender: one.address,
      nonce: await one.getNonce({ key: 3n }), // a nonce sequence of its own
      ...(!deployed && (await one.getFactoryArgs())),
      callData: await one.encodeCalls([{ to: probe.address, data: encodeFunctionData({ ...probe, functionName: 'store', args: [key, key * 100n] }) }]),
      callGasLimit: 200_000n, verificationGasLimit: 600_000n, preVerificationGas: 60_000n, ...fees,
    }
    userOperation.signature = await one.signUserOperation(userOperation)
    const packed = toPackedUserOperation(userOperation)
    const hash = getUserOperationHash({ chainId: devChainId, entryPointAddress: entryPoint08Address, entryPointVersion: '0.8', userOperation })
    assert.equal(await read(entryPoint, 'getUserOpHash', [packed]), hash)
    operations.push({ packed, hash, nonce: userOperation.nonce })
  }
  const beneficiary = '0x000000000000000000000000000000000000be0e'
  const { request: handle } = await reader.simulateContract({ ...entryPoint, functionName: 'handleOps', args: [operations.map((o) => o.packed), beneficiary], account: wallet.account })
  const receipt = await confirm(reader, await wallet.writeContract({ ...handle, gas: 3_000_000n }))
  const done = parseEventLogs({ abi: entryPoint.abi, logs: receipt.logs, eventName: 'UserOperationEvent' })
  assert.deepEqual(done.map((e) => [e.args.userOpHash, e.args.success, e.args.nonce]), operations.map((o) => [o.hash, true, o.nonce]))
  assert.deepEqual([await read(probe, 'values', [21n]), await read(probe, 'values', [22n])], [2100n, 2200n])
  assert.equal(await reader.getBalance({ address: beneficiary }), done.reduce((sum, e) => sum + e.args.actualGasCost, 0n))

  // The same again: the nonce is used, and the whole bundle is refused for it.
  const again = await reader.simulateContract({ ...entryPoint, functionName: 'handleOps', args: [[operations[0].packed], beneficiary], account: wallet.account }).catch((e) => e)
  assert.deepEqual([revertName(again).errorName, revertName(again).args], ['FailedOp', [0n, 'AA25 invalid account nonce']])
})

test('an operation whose call reverts is paid for and says why', async () => {
  const before_wei = (await deposit(smart.address)) + (await reader.getBalance({ address: smart.address }))
  const hash = await bundler.sendUserOperation({ calls: [call('refuse', [])], callGasLimit: 100_000n, verificationGasLimit: 200_000n, preVerificationGas: 60_000n })
  const { success, actualGasCost, receipt } = await bundler.waitForUserOperationReceipt({ hash })
  assert.equal(success, false)
  const [reason] = parseEventLogs({ abi: entryPoint.abi, logs: receipt.logs, eventName: 'UserOperationRevertReason' })
  assert.ok(reason.args.revertReason.startsWith('0x08c379a0'), 'Error(string)')
  assert.equal((await deposit(smart.address)) + (await reader.getBalance({ address: smart.address })), before_wei - actualGasCost)
})

test('a wrong signature is refused by simulation', async () => {
  const userOperation = await bundler.prepareUserOperation({ calls: [call('store', [1n, 12n])] })
  const signature = await account(6).signTypedData(getUserOperationTypedData({ chainId: devChainId, entryPointAddress: entryPoint08Address, userOperation }))
  await assert.rejects(bundler.sendUserOperation({ ...userOperation, signature }), /AA24|signature/i)
})

test('handleOps traced: the frames a bundler looks at', async () => {
  const userOperation = await bundler.prepareUserOperation({ calls: [call('store', [2n, 22n])] })
  const signature = await smart.signUserOperation(userOperation)
  const data = encodeFunctionData({ ...entryPoint, functionName: 'handleOps', args: [[toPackedUserOperation({ ...userOperation, signature })], receiver] })
  const transaction = { from: wallet.account.address, to: entryPoint08Address, data }
  const trace = await rpc(chain.url, 'debug_traceCall', [transaction, 'latest', { tracer: 'callTracer', tracerConfig: { withLog: true } }])
  const frames = []
  const walk = (frame) => (frames.push(frame), (frame.calls ?? []).forEach(walk))
  walk(trace)
  const stored = frames.find((f) => f.to === probe.address.toLowerCase())
  assert.equal(stored.from, smart.address.toLowerCase())
  assert.equal(stored.logs.length, 1)
  assert.ok(frames.some((f) => f.type === 'DELEGATECALL'), 'the proxy calls its implementation')
  const touched = await rpc(chain.url, 'debug_traceCall', [transaction, 'latest', { tracer: 'prestateTracer' }])
  for (const address of [entryPoint08Address, smart.address, probe.address]) assert.ok(touched[address.toLowerCase()]?.code, address)
})

test('stake and deposits are paid in and taken out', async () => {
  const user = wallet.account.address
  await confirm(reader, await wallet.writeContract({ ...entryPoint, functionName: 'addStake', args: [1], value: 100n }))
  await confirm(reader, await wallet.writeContract({ ...entryPoint, functionName: 'depositTo', args: [user], value: 1000n }))
  assert.deepEqual(await read(entryPoint, 'getDepositInfo', [user]), { deposit: 1000n, staked: true, stake: 100n, unstakeDelaySec: 1, withdrawTime: 0 })
  await confirm(reader, await wallet.writeContract({ ...entryPoint, functionName: 'withdrawTo', args: [receiver, 400n] }))
  assert.equal(await deposit(user), 600n)
  assert.equal(await reader.getBalance({ address: receiver }), 405n)
})

test('an account of EIP-7702 sends operations through Simple7702Account', async () => {
  const implementation = await deploy(reader, wallet, await aaArtefact('Simple7702Account'))
  const user = account(6)
  const delegated = await toSimple7702SmartAccount({ client: reader, owner: user, implementation })
  const client = createBundlerClient({ account: delegated, client: reader, transport: custom({ request }), pollingInterval: 50 })
  const authorization = await wallet.signAuthorization({ account: user, address: implementation })
  const hash = await client.sendUserOperation({ calls: [call('store', [61n, 1n]), call('store', [62n, 2n])], authorization })
  const { success, receipt } = await client.waitForUserOperationReceipt({ hash })
  assert.equal(success, true)
  assert.equal(receipt.type, 'eip7702')
  assert.deepEqual([await read(probe, 'values', [61n]), await read(probe, 'values', [62n])], [1n, 2n])
  assert.equal(await reader.getCode({ address: user.address }), concat(['0xef0100', implementation]).toLowerCase())
  assert.notEqual(implementation, zeroAddress)
  // Delegated already: the next one needs no authorization.
  const next = await client.sendUserOperation({ calls: [call('store', [61n, 3n])] })
  assert.equal((await client.waitForUserOperationReceipt({ hash: next })).success, true)
  assert.equal(await read(probe, 'values', [61n]), 3n)
})
