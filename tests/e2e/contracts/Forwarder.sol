// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// A contract that ends in the transaction that made it, and hands on what it holds.
contract Mayfly {
    constructor(address payable heir) payable {
        selfdestruct(heir);
    }
}

/// Every inner operation that an explorer shows: a payment, a creation of each kind, an end, a payment that is undone.
contract Forwarder {
    function pay(address to) external payable {
        (bool sent,) = to.call{value: msg.value}("");
        require(sent, "the receiver refused");
    }

    function create(address payable heir, bytes32 salt) external payable {
        new Mayfly{value: msg.value / 2}(heir);
        new Mayfly{value: msg.value / 2, salt: salt}(heir);
    }

    function payAndFail(address to) external payable {
        this.pay{value: msg.value}(to);
        revert("undone");
    }

    function tryAndGoOn(address to) external payable {
        try this.payAndFail{value: msg.value}(to) {} catch {}
    }
}
