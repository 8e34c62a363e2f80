// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Ether that waits: everyone's deposits, free again some time after the first.
contract Vault {
    event Deposited(address indexed by, uint256 amount, uint256 until);
    event Withdrawn(address indexed by, uint256 amount);

    error TooEarly(uint256 nowIs, uint256 until);

    uint256 public immutable delay;
    mapping(address => uint256) public deposits;
    mapping(address => uint256) public unlocked;

    constructor(uint256 delay_) {
        delay = delay_;
    }

    function deposit() external payable {
        require(msg.value > 0, "nothing to deposit");
        deposits[msg.sender] += msg.value;
        // The first deposit sets the time: gas would depend on the clock if each of them did.
        if (unlocked[msg.sender] == 0) unlocked[msg.sender] = block.timestamp + delay;
        emit Deposited(msg.sender, msg.value, unlocked[msg.sender]);
    }

    function withdraw() external {
        if (block.timestamp < unlocked[msg.sender]) revert TooEarly(block.timestamp, unlocked[msg.sender]);
        uint256 amount = deposits[msg.sender];
        (deposits[msg.sender], unlocked[msg.sender]) = (0, 0);
        emit Withdrawn(msg.sender, amount);
        (bool sent,) = msg.sender.call{value: amount}("");
        require(sent, "the receiver refused");
    }

    function half(uint256 x) external pure returns (uint256) {
        assert(x % 2 == 0);
        return x / 2;
    }
}
