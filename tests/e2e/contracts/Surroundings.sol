// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// What a contract sees of the chain around it.
contract Surroundings {
    function randao() external view returns (uint256) {
        return block.prevrandao;
    }

    function coinbase() external view returns (address) {
        return block.coinbase;
    }

    function blobs() external view returns (bytes32 first, uint256 baseFee) {
        return (blobhash(0), block.blobbasefee);
    }

    function hashOf(uint256 number) external view returns (bytes32) {
        return blockhash(number);
    }
}
