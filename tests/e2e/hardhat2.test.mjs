// Hardhat 2 with hardhat-ethers, chai matchers and network helpers: the project in hardhat2/.
import { testHardhatProject } from './lib/hardhat.mjs'

testHardhatProject({ project: 'hardhat2', node: process.execPath, main: 'hardhat/internal/cli/bootstrap.js', testCommand: ['test'], count: 12, contract: 'vault' })
