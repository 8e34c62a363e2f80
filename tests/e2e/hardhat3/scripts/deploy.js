// `hardhat run scripts/deploy.js --network atlas`: deploys a Ballot and prints where it is.
import { network } from 'hardhat'

const { viem, networkName } = await network.create()
const [deployer] = await viem.getWalletClients()
const ballot = await viem.deployContract('Ballot', [3600n], { value: 5n })
console.log(JSON.stringify({ network: networkName, deployer: deployer.account.address, ballot: ballot.address, closes: String(await ballot.read.closes()) }))
