// Hardhat 3 with hardhat-viem, its assertions and network helpers: the project in hardhat3/.
import { pinnedNode } from './lib/chain.mjs'
import { testHardhatProject } from './lib/hardhat.mjs'

testHardhatProject({ project: 'hardhat3', node: pinnedNode(), main: 'hardhat/dist/src/cli.js', testCommand: ['test', 'nodejs'], count: 6, contract: 'ballot' })
