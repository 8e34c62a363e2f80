// Hardhat 2 with npm's compiler instead of a download, against the chain at ATLAS_URL. What it writes goes below build/.
require('@nomicfoundation/hardhat-ethers')
require('@nomicfoundation/hardhat-chai-matchers')
const { join } = require('node:path')
const { subtask } = require('hardhat/config')
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require('hardhat/builtin-tasks/task-names')

const solc = require('solc/package.json').version
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async ({ solcVersion }) => {
  if (solcVersion !== solc) throw new Error(`this project compiles with solc ${solc} from npm, not ${solcVersion}`)
  return { compilerPath: require.resolve('solc/soljson.js'), isSolcJs: true, version: solc, longVersion: require('solc').version() }
})

const output = process.env.ATLAS_HARDHAT_OUT ?? join(__dirname, '../../../build/e2e-hardhat2')
module.exports = {
  solidity: { version: solc, settings: { evmVersion: 'osaka', optimizer: { enabled: true } } },
  defaultNetwork: 'atlas',
  networks: {
    atlas: {
      url: process.env.ATLAS_URL ?? 'http://127.0.0.1:8545',
      accounts: { mnemonic: 'test test test test test test test test test test test junk', count: 5 },
    },
    // The same chain, with the accounts whose keys the node holds.
    remote: { url: process.env.ATLAS_URL ?? 'http://127.0.0.1:8545' },
  },
  paths: { artifacts: join(output, 'artifacts'), cache: join(output, 'cache') },
}
