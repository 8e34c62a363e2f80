// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// One function for each thing that a client must see: a value, an event, a reason, a custom error, a panic.
contract Probe {
    event Stored(address indexed by, uint256 indexed key, uint256 value);

    error TooLarge(uint256 value, uint256 limit);

    mapping(uint256 => uint256) public values;
    uint256 public writes;

    function store(uint256 key, uint256 value) external payable returns (uint256 before) {
        if (value > 1e30) revert TooLarge(value, 1e30);
        before = values[key];
        values[key] = value;
        ++writes;
        emit Stored(msg.sender, key, value);
    }

    function refuse() external pure {
        revert("refused as asked");
    }

    function divide(uint256 a, uint256 b) external pure returns (uint256) {
        return a / b;
    }

    /// Gas that grows with `n`, so that an estimate cannot be a constant.
    function spin(uint256 n) external returns (uint256 sum) {
        for (uint256 i = 0; i < n; ++i) sum ^= uint256(keccak256(abi.encode(i, sum)));
        values[n] = sum;
    }

    function blockNumber() external view returns (uint256) {
        return block.number;
    }
}
