// Safe 1.5.0 from npm, as its packages ship it compiled: a 2-of-3, its signatures, MultiSend, a module and a guard.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { concat, encodeFunctionData, encodePacked, getContractAddress, encodeAbiParameters, hashMessage, keccak256, numberToHex, pad, parseEther, parseEventLogs, size, zeroAddress } from 'viem'
import { devChainId, startChain } from './lib/chain.mjs'
import { account, artefact, clients, compile, confirm, deploy } from './lib/clients.mjs'

const safeArtefact = (path) => artefact(`@safe-global/safe-smart-account/build/artifacts/contracts/${path}`)
const owners = [1, 2, 3].map(account)
const receiver = '0x00000000000000000000000000000000000a71a5'
const kCall = 0
const kDelegateCall = 1
const fields = [['to', 'address'], ['value', 'uint256'], ['data', 'bytes'], ['operation', 'uint8'], ['safeTxGas', 'uint256'], ['baseGas', 'uint256'], ['gasPrice', 'uint256'], ['gasToken', 'address'], ['refundReceiver', 'address'], ['nonce', 'uint256']]

let chain, reader, wallet, viem, factory, singleton, handler, multiSend, probe, token, safe
const read = (contract, functionName, args = []) => reader.readContract({ ...contract, functionName, args })
const make = async (code, args) => ({ abi: code.abi, address: await deploy(reader, wallet, code, args) })

async function transaction(more) {
  return { to: receiver, value: 0n, data: '0x', operation: kCall, safeTxGas: 0n, baseGas: 0n, gasPrice: 0n, gasToken: zeroAddress, refundReceiver: zeroAddress, nonce: await read(safe, 'nonce'), ...more }
}
const typedData = (message) => ({
  domain: { chainId: devChainId, verifyingContract: safe.address },
  types: { SafeTx: fields.map(([name, type]) => ({ name, type })) },
  primaryType: 'SafeTx',
  message,
})
/** Signatures as the Safe wants them: by rising address of the signer. */
const join = (signatures) => concat(signatures.sort((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1)).map((s) => s.data))
const sign = async (tx, signers) => join(await Promise.all(signers.map(async (s) => ({ signer: s.address, data: await s.signTypedData(typedData(tx)) }))))

/** Anyone may hand in what the owners signed; here account 0 does. */
async function execute(tx, signatures, sender = wallet) {
  const args = [...fields.slice(0, 9).map(([name]) => tx[name]), signatures]
  const { request } = await reader.simulateContract({ ...safe, functionName: 'execTransaction', args, account: sender.account })
  return confirm(reader, await sender.writeContract(request))
}
const outcome = (receipt) => parseEventLogs({ abi: safe.abi, logs: receipt.logs }).filter((e) => e.eventName.startsWith('Execution')).map((e) => e.eventName)
/** Has the Safe call `contract`, signed by owners 0 and 1. */
async function command(contract, functionName, args) {
  const tx = await transaction({ to: contract.address, data: encodeFunctionData({ ...contract, functionName, args }) })
  return execute(tx, await sign(tx, owners.slice(0, 2)))
}

before(async () => {
  chain = await startChain()
  viem = clients(chain)
  reader = viem.reader
  wallet = viem.wallet(0)
  singleton = await make(await safeArtefact('SafeL2.sol/SafeL2.json'))
  factory = await make(await safeArtefact('proxies/SafeProxyFactory.sol/SafeProxyFactory.json'))
  handler = await make(await safeArtefact('handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json'))
  multiSend = await make(await safeArtefact('libraries/MultiSend.sol/MultiSend.json'))
  const contracts = await compile(['Probe.sol', 'Token.sol'])
  probe = await make(contracts('Probe.sol', 'Probe'))
  token = await make(contracts('Token.sol', 'Token'), ['Dollar', 'USD', parseEther('1000')])
})
after(() => chain?.stop())

test('a 2-of-3 is created where its salt says', async () => {
  const addresses = owners.map((o) => o.address)
  const initializer = encodeFunctionData({ ...singleton, functionName: 'setup', args: [addresses, 2n, zeroAddress, '0x', handler.address, zeroAddress, 0n, zeroAddress] })
  const bytecode = concat([await read(factory, 'proxyCreationCode'), pad(singleton.address)])
  const salt = keccak256(encodePacked(['bytes32', 'uint256'], [keccak256(initializer), 42n]))
  const expected = getContractAddress({ opcode: 'CREATE2', from: factory.address, bytecode, salt })
  const { request, result } = await reader.simulateContract({ ...factory, functionName: 'createProxyWithNonce', args: [singleton.address, initializer, 42n], account: wallet.account })
  assert.equal(result, expected)
  await confirm(reader, await wallet.writeContract(request))
  safe = { abi: singleton.abi, address: result }
  assert.deepEqual([await read(safe, 'getOwners'), await read(safe, 'getThreshold'), await read(safe, 'VERSION')], [addresses, 2n, '1.5.0'])
  await assert.rejects(reader.simulateContract({ ...safe, functionName: 'setup', args: [addresses, 1n, zeroAddress, '0x', zeroAddress, zeroAddress, 0n, zeroAddress], account: wallet.account }), /GS200/)
})

test('two EIP-712 signatures move ether, one does not, nor do strangers\'', async () => {
  await confirm(reader, await wallet.sendTransaction({ to: safe.address, value: parseEther('2') }))
  const tx = await transaction({ value: parseEther('0.5') })
  await assert.rejects(sign(tx, owners.slice(0, 1)).then((s) => execute(tx, s)), /GS020/)
  await assert.rejects(sign(tx, [owners[0], account(7)]).then((s) => execute(tx, s)), /GS026/)
  const signatures = await sign(tx, [owners[0], owners[2]])
  assert.deepEqual(outcome(await execute(tx, signatures)), ['ExecutionSuccess'])
  assert.equal(await reader.getBalance({ address: receiver }), parseEther('0.5'))
  await assert.rejects(execute(tx, signatures), /GS026/, 'the nonce has moved on')
})

test('signatures of other kinds: approved on chain, eth_sign, the sender\'s own', async () => {
  const tx = await transaction({ value: 7n })
  const hash = await read(safe, 'getTransactionHash', fields.map(([name]) => tx[name]))
  const approver = viem.wallet(1)
  await confirm(reader, await approver.writeContract({ ...safe, functionName: 'approveHash', args: [hash] }))
  // v = 1 names the owner who approved; v + 4 says that the hash was signed as a message.
  const approved = { signer: owners[0].address, data: concat([pad(owners[0].address), numberToHex(0, { size: 32 }), '0x01']) }
  const plain = await owners[1].signMessage({ message: { raw: hash } })
  const message = { signer: owners[1].address, data: concat([plain.slice(0, 130), numberToHex(parseInt(plain.slice(130), 16) + 4)]) }
  assert.deepEqual(outcome(await execute(tx, join([approved, message]))), ['ExecutionSuccess'])

  const next = await transaction({ value: 8n })
  const own = { signer: owners[2].address, data: concat([pad(owners[2].address), numberToHex(0, { size: 32 }), '0x01']) }
  const signed = { signer: owners[0].address, data: await owners[0].signTypedData(typedData(next)) }
  assert.deepEqual(outcome(await execute(next, join([own, signed]), viem.wallet(3))), ['ExecutionSuccess'])
  assert.equal(await reader.getBalance({ address: receiver }), parseEther('0.5') + 15n)
})

test('MultiSend does several things or none', async () => {
  await confirm(reader, await wallet.writeContract({ ...token, functionName: 'transfer', args: [safe.address, 100n] }))
  const pack = (calls) => concat(calls.map(({ to, value = 0n, data = '0x' }) => encodePacked(['uint8', 'address', 'uint256', 'uint256', 'bytes'], [kCall, to, value, BigInt(size(data)), data])))
  const store = (key, value) => ({ to: probe.address, data: encodeFunctionData({ ...probe, functionName: 'store', args: [key, value] }) })
  const pay = { to: token.address, data: encodeFunctionData({ ...token, functionName: 'transfer', args: [receiver, 60n] }) }
  const many = (calls, more) => transaction({ to: multiSend.address, operation: kDelegateCall, data: encodeFunctionData({ ...multiSend, functionName: 'multiSend', args: [pack(calls)] }), ...more })

  const tx = await many([store(1n, 10n), pay, { to: receiver, value: 1n }])
  const receipt = await execute(tx, await sign(tx, owners.slice(1)))
  assert.deepEqual(outcome(receipt), ['ExecutionSuccess'])
  const [stored] = parseEventLogs({ abi: probe.abi, logs: receipt.logs, eventName: 'Stored' })
  assert.equal(stored.args.by, safe.address)
  assert.deepEqual([await read(token, 'balanceOf', [receiver]), await read(probe, 'values', [1n])], [60n, 10n])

  // The second transfer is more than there is: with a gas limit of its own the failure is an event, and nothing stays done.
  const failing = await many([store(1n, 11n), pay], { safeTxGas: 300_000n })
  assert.deepEqual(outcome(await execute(failing, await sign(failing, owners.slice(1)))), ['ExecutionFailure'])
  assert.equal(await read(probe, 'values', [1n]), 10n)
})

test('a module acts without signatures, once the owners let it', async () => {
  const module = viem.wallet(8)
  const act = { ...safe, functionName: 'execTransactionFromModule', args: [receiver, 9n, '0x', kCall], account: module.account }
  await assert.rejects(reader.simulateContract(act), /GS104/)
  await command(safe, 'enableModule', [module.account.address])
  assert.equal(await read(safe, 'isModuleEnabled', [module.account.address]), true)
  const before_wei = await reader.getBalance({ address: receiver })
  const receipt = await confirm(reader, await module.writeContract(act))
  assert.ok(parseEventLogs({ abi: safe.abi, logs: receipt.logs }).some((e) => e.eventName === 'ExecutionFromModuleSuccess'))
  assert.equal((await reader.getBalance({ address: receiver })) - before_wei, 9n)
})

test('EIP-1271: the Safe signs messages through its handler', async () => {
  const hash = hashMessage('the Safe says so')
  const asSafe = { ...safe, abi: handler.abi }
  const data = { domain: { chainId: devChainId, verifyingContract: safe.address }, types: { SafeMessage: [{ name: 'message', type: 'bytes' }] }, primaryType: 'SafeMessage', message: { message: encodeAbiParameters([{ type: 'bytes32' }], [hash]) } }
  const signature = join(await Promise.all(owners.slice(0, 2).map(async (o) => ({ signer: o.address, data: await o.signTypedData(data) }))))
  assert.equal(await read(asSafe, 'isValidSignature', [hash, signature]), '0x1626ba7e')
  assert.equal(await reader.verifyMessage({ address: safe.address, message: 'the Safe says so', signature }), true)
  assert.equal(await reader.verifyMessage({ address: safe.address, message: 'it says something else', signature }), false)
})

test('owners change; a guard keeps strangers from handing in', async () => {
  await command(safe, 'addOwnerWithThreshold', [account(4).address, 3n])
  assert.equal(await read(safe, 'getThreshold'), 3n)
  const tx = await transaction({ value: 1n })
  await assert.rejects(sign(tx, owners.slice(0, 2)).then((s) => execute(tx, s)), /GS020/)

  const guard = await make(await safeArtefact('examples/guards/OnlyOwnersGuard.sol/OnlyOwnersGuard.json'))
  const set = await transaction({ to: safe.address, data: encodeFunctionData({ ...safe, functionName: 'setGuard', args: [guard.address] }) })
  await execute(set, await sign(set, owners))
  const guarded = await transaction({ value: 1n })
  const signatures = await sign(guarded, owners)
  await assert.rejects(execute(guarded, signatures), /msg sender is not allowed to exec/)
  assert.deepEqual(outcome(await execute(guarded, signatures, viem.wallet(1))), ['ExecutionSuccess'])
})
