// What Hardhat's users write: matchers, fixtures, and network helpers, on a network that is not Hardhat's own.
const { anyValue } = require('@nomicfoundation/hardhat-chai-matchers/withArgs')
const helpers = require('@nomicfoundation/hardhat-network-helpers')
const { expect } = require('chai')
const { ethers } = require('hardhat')

const kDelay_s = 3600

/** Matchers look for the receipt at once, as on Hardhat's own network; elsewhere one waits for it first. */
async function mined(sending) {
  const response = await sending
  await response.wait()
  return response
}

async function deployVault() {
  const [owner, guest] = await ethers.getSigners()
  const vault = await ethers.deployContract('Vault', [kDelay_s])
  await vault.waitForDeployment()
  return { owner, guest, vault }
}

describe('Vault', () => {
  it('emits, and changes balances by what was sent', async () => {
    const { owner, vault } = await deployVault()
    await expect(mined(vault.deposit({ value: 5n }))).to.emit(vault, 'Deposited').withArgs(owner.address, 5n, anyValue)
    await expect(vault.deposit({ value: 7n })).to.changeEtherBalances([owner, vault], [-7n, 7n])
    expect(await vault.deposits(owner)).to.equal(12n)
  })

  it('reverts with a reason, a custom error, a panic', async () => {
    const { vault } = await deployVault()
    await expect(vault.deposit()).to.be.revertedWith('nothing to deposit')
    await (await vault.deposit({ value: 1n })).wait()
    await expect(vault.withdraw()).to.be.revertedWithCustomError(vault, 'TooEarly').withArgs(anyValue, anyValue)
    await expect(vault.half(3)).to.be.revertedWithPanic(0x01)
    await expect(vault.half(4)).not.to.be.reverted
  })

  it('signs with keys of its own as well as with the node\'s', async () => {
    const { vault } = await deployVault()
    const own = ethers.Wallet.createRandom(ethers.provider)
    await helpers.setBalance(own.address, ethers.parseEther('1'))
    await expect(vault.connect(own).deposit({ value: 9n })).to.changeEtherBalance(vault, 9n)
    expect(await vault.deposits(own)).to.equal(9n)
  })
})

describe('network helpers', () => {
  it('time: latest, increase, increaseTo, setNextBlockTimestamp', async () => {
    const { owner, vault } = await deployVault()
    await (await vault.deposit({ value: 3n })).wait()
    const start = await helpers.time.latest()
    await helpers.time.increase(kDelay_s + 1)
    expect(await helpers.time.latest()).to.be.at.least(start + kDelay_s + 1)
    await expect(mined(vault.withdraw())).to.emit(vault, 'Withdrawn').withArgs(owner.address, 3n)
    const later = (await helpers.time.latest()) + 100
    await helpers.time.increaseTo(later)
    expect(await helpers.time.latest()).to.equal(later)
    await helpers.time.setNextBlockTimestamp(later + 50)
    await helpers.mine()
    expect(await helpers.time.latest()).to.equal(later + 50)
  })

  it('mine, mineUpTo, latestBlock', async () => {
    const start = await helpers.time.latestBlock()
    await helpers.mine(5, { interval: 12 })
    expect(await helpers.time.latestBlock()).to.equal(start + 5)
    const [last, before] = await Promise.all([0, 1].map((back) => ethers.provider.getBlock(start + 5 - back)))
    expect(last.timestamp - before.timestamp).to.equal(12)
    await helpers.mineUpTo(start + 9)
    expect(await helpers.time.latestBlock()).to.equal(start + 9)
  })

  it('setBalance, setNonce, setCode, setStorageAt', async () => {
    const { vault } = await deployVault()
    const address = ethers.getAddress('0x00000000000000000000000000000000000c0de5')
    await helpers.setBalance(address, ethers.parseEther('123'))
    await helpers.setNonce(address, 77)
    expect(await ethers.provider.getBalance(address)).to.equal(ethers.parseEther('123'))
    expect(await ethers.provider.getTransactionCount(address)).to.equal(77)
    await helpers.setCode(address, await ethers.provider.getCode(vault))
    expect(await vault.attach(address).half(10)).to.equal(5n)
    const slot = ethers.solidityPackedKeccak256(['uint256', 'uint256'], [address, 0])
    await helpers.setStorageAt(address, slot, 4711)
    expect(await helpers.getStorageAt(address, slot)).to.equal(ethers.toBeHex(4711, 32))
    expect(await vault.attach(address).deposits(address)).to.equal(4711n)
  })

  it('impersonation sends for an account without a key', async () => {
    const { vault } = await deployVault()
    const address = '0x000000000000000000000000000000000badc0de'
    await helpers.setBalance(address, ethers.parseEther('1'))
    const signer = await ethers.getImpersonatedSigner(address)
    await expect(vault.connect(signer).deposit({ value: 2n })).to.changeEtherBalance(vault, 2n)
    await helpers.stopImpersonatingAccount(address)
    await expect(signer.sendTransaction({ to: address })).to.be.rejected
  })

  it('takeSnapshot and restore', async () => {
    const { owner, vault } = await deployVault()
    const snapshot = await helpers.takeSnapshot()
    await (await vault.deposit({ value: 1n })).wait()
    await snapshot.restore()
    expect(await vault.deposits(owner)).to.equal(0n)
    await (await vault.deposit({ value: 4n })).wait()
    await snapshot.restore()
    expect(await vault.deposits(owner)).to.equal(0n)
  })

  for (const round of [1, 2, 3]) {
    it(`loadFixture starts from the same state (${round})`, async () => {
      const { owner, vault } = await helpers.loadFixture(deployVault)
      expect(await vault.deposits(owner)).to.equal(0n)
      await expect(vault.deposit({ value: 6n })).to.changeEtherBalance(vault, 6n)
    })
  }

  it('setNextBlockBaseFeePerGas', async () => {
    await helpers.setNextBlockBaseFeePerGas(3_000_000_000n)
    await helpers.mine()
    expect((await ethers.provider.getBlock('latest')).baseFeePerGas).to.equal(3_000_000_000n)
  })
})
