// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Counter} from "../src/Counter.sol";

/// The part of Foundry's cheat codes that the script needs (forge-std is not on npm).
interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

contract Deploy {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bool public constant IS_SCRIPT = true;

    function run() external returns (Counter counter) {
        VM.startBroadcast();
        counter = new Counter(41);
        counter.increment();
        VM.stopBroadcast();
    }
}
