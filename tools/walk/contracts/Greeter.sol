// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// What `./dev up` deploys: enough to see a constructor, storage, an event and a read.
contract Greeter {
    string public greeting;
    uint256 public changes;

    event Greeted(address indexed by, string greeting);

    constructor(string memory first) {
        greeting = first;
    }

    function greet(string calldata next) external {
        greeting = next;
        ++changes;
        emit Greeted(msg.sender, next);
    }
}
