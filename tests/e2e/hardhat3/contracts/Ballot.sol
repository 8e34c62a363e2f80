// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Votes until a moment in time, each address once.
contract Ballot {
    event Voted(address indexed voter, uint256 indexed choice, uint256 votes);

    error Closed(uint256 since);
    error AlreadyVoted(address voter);

    uint256 public immutable closes;
    uint256[3] public votes;
    mapping(address => bool) public hasVoted;

    constructor(uint256 duration) payable {
        closes = block.timestamp + duration;
    }

    function vote(uint256 choice) external {
        if (block.timestamp >= closes) revert Closed(closes);
        if (hasVoted[msg.sender]) revert AlreadyVoted(msg.sender);
        require(choice < 3, "there are three choices");
        hasVoted[msg.sender] = true;
        emit Voted(msg.sender, choice, ++votes[choice]);
    }

    /// Pays what the ballot holds to the first caller after its end.
    function settle() external {
        require(block.timestamp >= closes, "not yet");
        (bool paid,) = msg.sender.call{value: address(this).balance}("");
        require(paid, "the receiver refused");
    }
}
