// EIP-7702 with viem, ethers and cast: an account takes a contract's code, acts through it, and gives it back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { JsonRpcProvider, Wallet, Interface } from 'ethers'
import { encodeFunctionData, parseEventLogs, zeroAddress } from 'viem'
import { devChainId, foundryBin, makeTempDir, removeDir, rpc, run, startChain } from './lib/chain.mjs'
import { aaArtefact } from './lib/bundler.mjs'
import { account, clients, compile, confirm, deploy, privateKey } from './lib/clients.mjs'

const designator = (address) => `0xef0100${address.slice(2).toLowerCase()}`
const codeOf = (address) => rpc(chain.url, 'eth_getCode', [address, 'latest'])
let chain, reader, sponsor, delegate, other, probe, token
const wallet = (index) => clients(chain).wallet(index)
const read = (contract, functionName, args = []) => reader.readContract({ ...contract, functionName, args })
const store = (key, value) => ({ target: probe.address, value: 0n, data: encodeFunctionData({ ...probe, functionName: 'store', args: [key, value] }) })
const batch = (calls) => encodeFunctionData({ ...delegate, functionName: 'executeBatch', args: [calls] })

before(async () => {
  chain = await startChain()
  reader = clients(chain).reader
  sponsor = wallet(0)
  const make = async (code, args) => ({ abi: code.abi, address: await deploy(reader, sponsor, code, args) })
  delegate = await make(await aaArtefact('Simple7702Account'))
  other = await make(await aaArtefact('Simple7702Account'))
  const contracts = await compile(['Probe.sol', 'Token.sol'])
  probe = await make(contracts('Probe.sol', 'Probe'))
  token = await make(contracts('Token.sol', 'Token'), ['Dollar', 'USD', 1000n])
})
after(() => chain?.stop())

test('viem: one transaction delegates and does three things as the account itself', async () => {
  const me = wallet(1)
  const user = me.account.address
  await confirm(reader, await sponsor.writeContract({ ...token, functionName: 'transfer', args: [user, 100n] }))
  const authorization = await me.signAuthorization({ contractAddress: delegate.address, executor: 'self' })
  const transfer = { target: token.address, value: 0n, data: encodeFunctionData({ ...token, functionName: 'transfer', args: [account(9).address, 40n] }) }
  const request = { to: user, data: batch([store(1n, 10n), transfer, { target: account(9).address, value: 5n, data: '0x' }]), authorizationList: [authorization] }
  const gas = await reader.estimateGas({ ...request, account: user })
  const receipt = await confirm(reader, await me.sendTransaction({ ...request, gas }))
  assert.equal(receipt.type, 'eip7702')
  assert.ok(receipt.gasUsed <= gas)
  const [stored] = parseEventLogs({ abi: probe.abi, logs: receipt.logs, eventName: 'Stored' })
  assert.equal(stored.args.by, user)
  assert.deepEqual([await read(token, 'balanceOf', [user]), await read(token, 'balanceOf', [account(9).address])], [60n, 40n])
  assert.equal(await codeOf(user), designator(delegate.address))
  const seen = await reader.getTransaction({ hash: receipt.transactionHash })
  assert.deepEqual(seen.authorizationList.map((a) => [a.address, a.chainId, a.nonce]), [[delegate.address, devChainId, authorization.nonce]])
  // The transaction took one nonce and its authorization the next.
  assert.equal(await reader.getTransactionCount({ address: user }), authorization.nonce + 1)
})

test('a delegated account keeps on sending as before, and what fails in a batch fails all of it', async () => {
  const me = wallet(1)
  await confirm(reader, await me.sendTransaction({ to: account(9).address, value: 1n }))
  const failing = batch([store(1n, 99n), { target: probe.address, value: 0n, data: encodeFunctionData({ ...probe, functionName: 'refuse' }) }])
  await assert.rejects(reader.call({ account: me.account, to: me.account.address, data: failing }), /revert/)
  const hash = await me.sendTransaction({ to: me.account.address, data: failing, gas: 300_000n })
  assert.equal((await reader.waitForTransactionReceipt({ hash })).status, 'reverted')
  assert.equal(await read(probe, 'values', [1n]), 10n)
  // Nobody else may use the code that it wears.
  await assert.rejects(reader.call({ account: sponsor.account, to: me.account.address, data: batch([store(1n, 1n)]) }), /not from self/)
})

test('someone else pays for the authorization; ones that are stale or for other chains are passed over', async () => {
  const users = [2, 3, 4].map(account)
  const nonce = 0
  const sign = (user, more) => user.signAuthorization({ contractAddress: delegate.address, chainId: devChainId, nonce, ...more })
  const authorizationList = [await sign(users[0], { chainId: 0 }), await sign(users[1], { chainId: 1 }), await sign(users[2], { nonce: 7 }), await sign(users[2], { contractAddress: other.address })]
  const receipt = await confirm(reader, await sponsor.sendTransaction({ to: account(9).address, value: 1n, authorizationList }))
  assert.deepEqual(await Promise.all(users.map((u) => codeOf(u.address))), [designator(delegate.address), '0x', designator(other.address)])
  assert.deepEqual(await Promise.all(users.map((u) => reader.getTransactionCount({ address: u.address }))), [1, 0, 1])
  // 25,000 for each authorization on top of the transfer, less what comes back for accounts that exist already.
  assert.ok(receipt.gasUsed > 21_000n + 4n * 12_500n && receipt.gasUsed <= 21_000n + 4n * 25_000n, String(receipt.gasUsed))
  const block = await reader.getBlock({ blockHash: receipt.blockHash, includeTransactions: true })
  assert.equal(block.transactions[receipt.transactionIndex].authorizationList.length, 4)
})

test('ethers: authorize, batch, and read it back', async () => {
  const provider = new JsonRpcProvider(chain.url, undefined, { pollingInterval: 50, cacheTimeout: -1 })
  try {
    const me = new Wallet(privateKey(5), provider)
    const nonce = await me.getNonce()
    const authorization = await me.authorize({ address: delegate.address, chainId: devChainId, nonce: nonce + 1 })
    const data = new Interface(delegate.abi).encodeFunctionData('executeBatch', [[store(5n, 55n), store(6n, 66n)]])
    const response = await me.sendTransaction({ type: 4, nonce, to: me.address, data, authorizationList: [authorization] })
    const receipt = await response.wait()
    assert.deepEqual([receipt.status, receipt.type, receipt.logs.length], [1, 4, 2])
    assert.deepEqual([await read(probe, 'values', [5n]), await read(probe, 'values', [6n])], [55n, 66n])
    const seen = await provider.getTransaction(receipt.hash)
    assert.deepEqual(seen.authorizationList.map((a) => [a.address.toLowerCase(), a.nonce, a.chainId]), [[delegate.address, BigInt(nonce + 1), BigInt(devChainId)]])
    assert.equal(seen.authorizationList[0].signature.serialized, authorization.signature.serialized)

    // Revoked: an authorization of the zero address takes the code away.
    const revocation = await me.authorize({ address: zeroAddress, chainId: devChainId, nonce: nonce + 3 })
    await (await me.sendTransaction({ type: 4, to: me.address, authorizationList: [revocation] })).wait()
    assert.equal(await provider.getCode(me), '0x')
    assert.equal(await me.getNonce(), nonce + 4)
  } finally {
    provider.destroy()
  }
})

test('cast: signs, delegates, changes the delegate and revokes', async () => {
  const home = await makeTempDir()
  const cast = async (...args) => {
    const result = await run(foundryBin('cast'), args, { env: { ETH_RPC_URL: chain.url, HOME: home, NO_COLOR: '1' } })
    assert.equal(result.code, 0, `cast ${args.join(' ')}: ${result.stderr}`)
    return result.stdout.trim()
  }
  try {
    const user = account(6).address
    const key = privateKey(6)
    const delegateTo = async (address) => {
      const auth = await cast('wallet', 'sign-auth', address, '--private-key', key, '--self-broadcast')
      const receipt = JSON.parse(await cast('send', '--json', '--private-key', key, user, '--auth', auth))
      assert.deepEqual([receipt.status, receipt.type], ['0x1', '0x4'])
      return cast('code', user)
    }
    assert.equal(await delegateTo(delegate.address), designator(delegate.address))
    await cast('send', '--private-key', key, user, 'execute(address,uint256,bytes)', probe.address, '0', store(7n, 77n).data)
    assert.equal(await read(probe, 'values', [7n]), 77n)
    assert.equal(await delegateTo(other.address), designator(other.address))
    assert.equal(await delegateTo(zeroAddress), '0x')
    // A plain account again: a call to it does nothing and costs a transfer.
    assert.equal(await cast('call', user, batch([store(7n, 1n)])), '0x')
  } finally {
    await removeDir(home)
  }
})
