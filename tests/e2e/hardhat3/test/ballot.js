// What Hardhat 3's users write: viem, its assertions and network helpers, on a network that is not Hardhat's own.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { network } from 'hardhat'
import { parseEther } from 'viem'

const { viem, networkHelpers } = await network.create()
const { time } = networkHelpers
const kDuration_s = 3600n
const reader = await viem.getPublicClient({ pollingInterval: 50 })
const [owner, guest] = await viem.getWalletClients({ pollingInterval: 50 })

async function deployBallot() {
  return viem.deployContract('Ballot', [kDuration_s], { value: 100n, client: { wallet: owner, public: reader } })
}
/** Sends and waits: assertions look for the receipt at once, as on Hardhat's own network. */
const mined = async (sending) => {
  const hash = await sending
  assert.equal((await reader.waitForTransactionReceipt({ hash })).status, 'success')
  return hash
}

describe('Ballot', () => {
  it('emits, and keeps count', async () => {
    const ballot = await deployBallot()
    await viem.assertions.emitWithArgs(mined(ballot.write.vote([1n])), ballot, 'Voted', [owner.account.address, 1n, 1n])
    await mined(ballot.write.vote([1n], { account: guest.account }))
    assert.equal(await ballot.read.votes([1n]), 2n)
    const events = await ballot.getEvents.Voted({}, { fromBlock: 0n })
    assert.deepEqual(events.map((e) => e.args.votes), [1n, 2n])
  })

  it('reverts with a reason and with custom errors', async () => {
    const ballot = await deployBallot()
    await viem.assertions.revertWith(ballot.write.vote([7n]), 'there are three choices')
    await mined(ballot.write.vote([0n]))
    await viem.assertions.revertWithCustomErrorWithArgs(ballot.write.vote([0n]), ballot, 'AlreadyVoted', [owner.account.address])
    await viem.assertions.revertWith(ballot.read.settle(), 'not yet')
  })

  it('closes when its time is over, and pays out', async () => {
    const ballot = await deployBallot()
    await time.increaseTo(await ballot.read.closes())
    await viem.assertions.revertWithCustomError(ballot.write.vote([0n]), ballot, 'Closed')
    const payer = '0x000000000000000000000000000000000badc0de'
    await networkHelpers.setBalance(payer, parseEther('1'))
    await networkHelpers.impersonateAccount(payer)
    const before = await reader.getBalance({ address: payer })
    const hash = await mined(ballot.write.settle({ account: payer }))
    const { gasUsed, effectiveGasPrice } = await reader.getTransactionReceipt({ hash })
    assert.equal(await reader.getBalance({ address: payer }), before + 100n - gasUsed * effectiveGasPrice)
    await networkHelpers.stopImpersonatingAccount(payer)
  })
})

describe('network helpers', () => {
  it('time and blocks', async () => {
    const start = await time.latest()
    await time.increase(100)
    assert.ok((await time.latest()) >= start + 100)
    const number = await time.latestBlock()
    await networkHelpers.mine(4, { interval: 60 })
    assert.equal(await time.latestBlock(), number + 4)
    await networkHelpers.mineUpTo(number + 6)
    assert.equal(await time.latestBlock(), number + 6)
    await time.setNextBlockTimestamp(start + 100_000)
    await networkHelpers.mine()
    assert.equal(await time.latest(), start + 100_000)
  })

  it('code, storage, nonce, base fee', async () => {
    const ballot = await deployBallot()
    const address = '0x00000000000000000000000000000000000c0de5'
    await networkHelpers.setCode(address, await reader.getCode({ address: ballot.address }))
    await networkHelpers.setStorageAt(address, 2, 77)
    assert.equal(BigInt(await networkHelpers.getStorageAt(address, 2)), 77n)
    assert.equal(await (await viem.getContractAt('Ballot', address)).read.votes([2n]), 77n)
    await networkHelpers.setNonce(address, 9)
    assert.equal(await reader.getTransactionCount({ address }), 9)
    await networkHelpers.setNextBlockBaseFeePerGas(3_000_000_000n)
    await networkHelpers.mine()
    assert.equal((await reader.getBlock()).baseFeePerGas, 3_000_000_000n)
  })

  it('snapshots and fixtures', async () => {
    const ballot = await deployBallot()
    const snapshot = await networkHelpers.takeSnapshot()
    await mined(ballot.write.vote([2n]))
    await snapshot.restore()
    assert.equal(await ballot.read.votes([2n]), 0n)
    for (let round = 0; round < 3; ++round) {
      const fresh = await networkHelpers.loadFixture(deployBallot)
      assert.equal(await fresh.read.hasVoted([owner.account.address]), false)
      await mined(fresh.write.vote([2n]))
    }
  })
})
