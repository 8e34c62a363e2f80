// A small ERC-4337 bundler over one chain: what real ones ask of a node, in the same way. It simulates with the
// EntryPointSimulations code put in the EntryPoint's place by a state override, and bundles with handleOps.
import { concat, decodeEventLog, numberToHex, toHex } from 'viem'
import { entryPoint08Address, toPackedUserOperation } from 'viem/account-abstraction'
import { artefact, confirm } from './clients.mjs'

export const aaArtefact = (name) => artefact(`@account-abstraction/contracts/artifacts/${name}.json`)
/** Where `deterministicDeploy` puts version 0.8 on every chain, with the salt of its release. */
export const entryPointSalt = '0x0a59dbff790c23c976a548690c27297883cc66b4c67024f9117b0238995e35e9'
/** The deterministic-deployment proxy that anvil and `atlas dev` have from the first block. */
export const create2Deployer = '0x4e59b44847b379578588920cA78FbF26c0B4956C'

const numeric = ['nonce', 'callGasLimit', 'verificationGasLimit', 'preVerificationGas', 'maxFeePerGas', 'maxPriorityFeePerGas']
/** JSON-RPC's user operation as viem's utilities take it. */
function parseOperation(json) {
  const operation = { ...json, authorization: json.eip7702Auth }
  for (const field of numeric) operation[field] = BigInt(json[field] ?? 0)
  return operation
}
const refuse = (code, message) => {
  throw Object.assign(new Error(message), { code })
}

/** A viem `request` function that answers the bundler methods and bundles with `wallet`. */
export async function startBundler(reader, wallet) {
  const { abi } = await aaArtefact('EntryPoint')
  const simulations = await aaArtefact('EntryPointSimulations')
  const mined = new Map()

  const overrides = (operation) => [
    { address: entryPoint08Address, code: simulations.deployedBytecode },
    ...(operation.authorization ? [{ address: operation.sender, code: concat(['0xef0100', operation.authorization.address]) }] : []),
  ]
  /** Runs a function of EntryPointSimulations; a FailedOp becomes the bundler's refusal. */
  const simulate = async (operation, functionName, more = []) => {
    try {
      const { result } = await reader.simulateContract({
        abi: simulations.abi,
        address: entryPoint08Address,
        functionName,
        args: [toPackedUserOperation(operation), ...more],
        stateOverride: overrides(operation),
      })
      return result
    } catch (error) {
      const reason = error.walk((e) => e.data?.args)?.data.args
      refuse(-32500, reason ? String(reason[1]) : error.shortMessage)
    }
  }

  const methods = {
    eth_chainId: () => reader.request({ method: 'eth_chainId' }),
    eth_supportedEntryPoints: () => [entryPoint08Address],

    /** At a price of 1 wei, what the simulation says was paid is the gas that was used. */
    async eth_estimateUserOperationGas([json]) {
      const preVerificationGas = 60_000n
      const operation = { ...parseOperation(json), preVerificationGas, verificationGasLimit: 3_000_000n, callGasLimit: 3_000_000n, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }
      const { preOpGas, paid } = await simulate(operation, 'simulateHandleOp', [entryPoint08Address, '0x'])
      return {
        preVerificationGas: numberToHex(preVerificationGas),
        verificationGasLimit: numberToHex(preOpGas - preVerificationGas + 30_000n),
        // EntryPoint charges a tenth of the limit's unused rest, so what was paid is an upper bound.
        callGasLimit: numberToHex(paid - preOpGas + 30_000n),
      }
    },

    async eth_sendUserOperation([json]) {
      const operation = parseOperation(json)
      const { returnInfo } = await simulate(operation, 'simulateValidation')
      if (returnInfo.accountValidationData !== 0n) refuse(-32507, 'AA24 signature error')
      const authorization = operation.authorization
      const hash = await wallet.writeContract({
        abi,
        address: entryPoint08Address,
        functionName: 'handleOps',
        args: [[toPackedUserOperation(operation)], wallet.account.address],
        gas: operation.preVerificationGas + operation.verificationGasLimit + operation.callGasLimit + 200_000n,
        ...(authorization && { authorizationList: [{ ...authorization, chainId: Number(authorization.chainId), nonce: Number(authorization.nonce), yParity: Number(authorization.yParity) }] }),
      })
      const receipt = await confirm(reader, hash)
      const raw = await reader.request({ method: 'eth_getTransactionReceipt', params: [hash] })
      const event = receipt.logs
        .filter((log) => log.address === entryPoint08Address.toLowerCase())
        .map((log) => decodeEventLog({ abi, ...log }))
        .find((e) => e.eventName === 'UserOperationEvent').args
      mined.set(event.userOpHash, {
        userOpHash: event.userOpHash,
        entryPoint: entryPoint08Address,
        sender: event.sender,
        nonce: toHex(event.nonce),
        actualGasCost: toHex(event.actualGasCost),
        actualGasUsed: toHex(event.actualGasUsed),
        success: event.success,
        logs: raw.logs,
        receipt: raw,
      })
      return event.userOpHash
    },

    eth_getUserOperationReceipt: ([hash]) => mined.get(hash) ?? null,
  }
  return ({ method, params }) => (methods[method] ?? (() => refuse(-32601, `the bundler has no ${method}`)))(params)
}
