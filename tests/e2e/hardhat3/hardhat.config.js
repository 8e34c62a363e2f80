// Hardhat 3 with npm's compiler instead of a download, against the chain at ATLAS_URL. What it writes goes below build/.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import networkHelpers from '@nomicfoundation/hardhat-network-helpers'
import nodeTestRunner from '@nomicfoundation/hardhat-node-test-runner'
import viem from '@nomicfoundation/hardhat-viem'
import viemAssertions from '@nomicfoundation/hardhat-viem-assertions'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)
const url = process.env.ATLAS_URL ?? 'http://127.0.0.1:8545'
const output = process.env.ATLAS_HARDHAT_OUT ?? join(import.meta.dirname, '../../../build/e2e-hardhat3')

export default defineConfig({
  plugins: [viem, viemAssertions, networkHelpers, nodeTestRunner],
  solidity: {
    version: require('solc/package.json').version,
    path: require.resolve('solc/soljson.js'),
    settings: { evmVersion: 'osaka', optimizer: { enabled: true } },
  },
  networks: {
    // With the accounts whose keys the node holds, and with keys of our own.
    remote: { type: 'http', chainType: 'l1', url },
    atlas: { type: 'http', chainType: 'l1', url, accounts: { mnemonic: 'test test test test test test test test test test test junk', count: 5 } },
  },
  paths: { artifacts: join(output, 'artifacts'), cache: join(output, 'cache') },
})
