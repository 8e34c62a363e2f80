// OpenZeppelin's upgradeable contracts from npm: a token behind a UUPS and behind a transparent proxy.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BaseError, ContractFunctionRevertedError, encodeFunctionData, getAddress, keccak256, parseEther, parseEventLogs, parseSignature, stringToHex, toHex } from 'viem'
import { devChainId, startChain } from './lib/chain.mjs'
import { clients, compile, confirm, deploy } from './lib/clients.mjs'

// ERC-1967: where a proxy keeps what it stands for.
const slot = (name) => toHex(BigInt(keccak256(stringToHex(`eip1967.proxy.${name}`))) - 1n, { size: 32 })
const roleOf = (name) => keccak256(stringToHex(name))

let chain, reader, admin, minter, stranger, contracts, uups, transparent, v1, v2
const read = (contract, functionName, args = []) => reader.readContract({ ...contract, functionName, args })
const write = async (wallet, contract, functionName, args) => {
  const { request } = await reader.simulateContract({ ...contract, functionName, args, account: wallet.account })
  return confirm(reader, await wallet.writeContract(request))
}
const refusal = async (promise) => {
  const error = await promise.then(() => assert.fail('it must be refused'), (e) => e)
  assert.ok(error instanceof BaseError, String(error))
  return error.walk((e) => e instanceof ContractFunctionRevertedError).data
}
const implementationOf = async ({ address }) => getAddress(`0x${(await reader.getStorageAt({ address, slot: slot('implementation') })).slice(-40)}`)

before(async () => {
  chain = await startChain()
  const viem = clients(chain)
  reader = viem.reader
  ;[admin, minter, stranger] = [0, 1, 2].map(viem.wallet)
  const compiled = await compile(['Upgradeable.sol'])
  contracts = (name) => compiled('Upgradeable.sol', name)
  v1 = getAddress(await deploy(reader, admin, contracts('TokenV1')))
  v2 = getAddress(await deploy(reader, admin, contracts('TokenV2')))
  const initialize = encodeFunctionData({ ...contracts('TokenV1'), functionName: 'initialize', args: ['Upgradeable', 'UPG', admin.account.address] })
  const proxyCode = compiled('@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol', 'ERC1967Proxy')
  uups = { abi: contracts('TokenV2').abi, address: await deploy(reader, admin, proxyCode, [v1, initialize]) }
  const transparentCode = compiled('@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol', 'TransparentUpgradeableProxy')
  transparent = { abi: contracts('TokenV2').abi, address: await deploy(reader, admin, transparentCode, [v1, admin.account.address, initialize]) }
  transparent.admin = { abi: compiled('@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol', 'ProxyAdmin').abi }
})
after(() => chain?.stop())

test('a proxy is initialized once, its implementation never', async () => {
  for (const proxy of [uups, transparent]) {
    assert.equal(await implementationOf(proxy), v1)
    assert.deepEqual([await read(proxy, 'name'), await read(proxy, 'version')], ['Upgradeable', 1n])
    assert.equal((await refusal(write(admin, proxy, 'initialize', ['Again', 'AGN', admin.account.address]))).errorName, 'InvalidInitialization')
  }
  assert.equal((await refusal(write(admin, { ...uups, address: v1 }, 'initialize', ['Mine', 'MIN', stranger.account.address]))).errorName, 'InvalidInitialization')
})

test('roles: granted, used, refused by name, revoked', async () => {
  const role = roleOf('MINTER')
  const [member, user] = [minter.account.address, stranger.account.address]
  for (const proxy of [uups, transparent]) {
    const without = await refusal(write(minter, proxy, 'mint', [user, 1n]))
    assert.deepEqual([without.errorName, without.args], ['AccessControlUnauthorizedAccount', [member, role]])
    const granted = await write(admin, proxy, 'grantRole', [role, member])
    const [event] = parseEventLogs({ abi: proxy.abi, logs: granted.logs })
    assert.deepEqual([event.eventName, event.args], ['RoleGranted', { role, account: member, sender: admin.account.address }])
    await write(minter, proxy, 'mint', [user, parseEther('1000')])
    assert.equal(await read(proxy, 'totalSupply'), parseEther('1000'))
  }
  await write(minter, uups, 'renounceRole', [role, member])
  assert.equal(await read(uups, 'hasRole', [role, member]), false)
})

test('ERC-2612: a permit is worth an approval, once and until its deadline', async () => {
  const [owner, spender] = [stranger.account.address, minter.account.address]
  const sign = (nonce, deadline) =>
    stranger.signTypedData({
      domain: { name: 'Upgradeable', version: '1', chainId: devChainId, verifyingContract: uups.address },
      types: { Permit: [['owner', 'address'], ['spender', 'address'], ['value', 'uint256'], ['nonce', 'uint256'], ['deadline', 'uint256']].map(([name, type]) => ({ name, type })) },
      primaryType: 'Permit',
      message: { owner, spender, value: 500n, nonce, deadline },
    })
  const permit = (deadline, signature) => {
    const { r, s, v } = parseSignature(signature)
    return write(minter, uups, 'permit', [owner, spender, 500n, deadline, Number(v), r, s])
  }
  const late = await refusal(permit(1n, await sign(0n, 1n)))
  assert.deepEqual([late.errorName, late.args], ['ERC2612ExpiredSignature', [1n]])
  const signature = await sign(0n, 2n ** 40n)
  await permit(2n ** 40n, signature)
  assert.deepEqual([await read(uups, 'allowance', [owner, spender]), await read(uups, 'nonces', [owner])], [500n, 1n])
  assert.equal((await refusal(permit(2n ** 40n, signature))).errorName, 'ERC2612InvalidSigner')
  await write(minter, uups, 'transferFrom', [owner, spender, 500n])
  assert.equal(await read(uups, 'balanceOf', [spender]), 500n)
})

test('UUPS: only who may, only to what can be upgraded again; storage stays', async () => {
  const setUp = encodeFunctionData({ ...contracts('TokenV2'), functionName: 'initializeV2', args: [admin.account.address, 100n] })
  assert.equal((await refusal(write(stranger, uups, 'upgradeToAndCall', [v2, setUp]))).errorName, 'AccessControlUnauthorizedAccount')
  assert.equal((await refusal(write(admin, uups, 'upgradeToAndCall', [transparent.address, '0x']))).errorName, 'ERC1967InvalidImplementation')
  const balances = () => Promise.all([minter, stranger].map((w) => read(uups, 'balanceOf', [w.account.address])))
  const before = await balances()
  const receipt = await write(admin, uups, 'upgradeToAndCall', [v2, setUp])
  const [upgraded] = parseEventLogs({ abi: uups.abi, logs: receipt.logs, eventName: 'Upgraded' })
  assert.equal(upgraded.args.implementation, v2)
  assert.equal(await implementationOf(uups), v2)
  assert.equal(await read(uups, 'version'), 2n)
  assert.deepEqual(await balances(), before)
  await write(stranger, uups, 'transfer', [minter.account.address, 10_000n])
  assert.equal(await read(uups, 'balanceOf', [admin.account.address]), 100n, 'one per cent')
  // The state before the upgrade can still be asked for.
  const blockNumber = receipt.blockNumber - 1n
  assert.equal(await reader.readContract({ ...uups, functionName: 'version', blockNumber }), 1n)
})

test('transparent: the ProxyAdmin upgrades, and nobody else sees it', async () => {
  const proxyAdmin = { ...transparent.admin, address: getAddress(`0x${(await reader.getStorageAt({ address: transparent.address, slot: slot('admin') })).slice(-40)}`) }
  assert.equal(await read(proxyAdmin, 'owner'), admin.account.address)
  const setUp = encodeFunctionData({ ...contracts('TokenV2'), functionName: 'initializeV2', args: [admin.account.address, 0n] })
  const foreign = await refusal(write(stranger, proxyAdmin, 'upgradeAndCall', [transparent.address, v2, setUp]))
  assert.deepEqual([foreign.errorName, foreign.args], ['OwnableUnauthorizedAccount', [stranger.account.address]])
  const supply = await read(transparent, 'totalSupply')
  await write(admin, proxyAdmin, 'upgradeAndCall', [transparent.address, v2, setUp])
  assert.equal(await implementationOf(transparent), v2)
  assert.deepEqual([await read(transparent, 'version'), await read(transparent, 'totalSupply')], [2n, supply])
})
