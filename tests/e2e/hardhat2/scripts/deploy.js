// `hardhat run scripts/deploy.js`: deploys a Vault and prints where it is.
const { ethers, network } = require('hardhat')

async function main() {
  const [deployer] = await ethers.getSigners()
  const vault = await ethers.deployContract('Vault', [3600])
  await vault.waitForDeployment()
  console.log(JSON.stringify({ network: network.name, deployer: deployer.address, vault: await vault.getAddress(), delay: String(await vault.delay()) }))
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
