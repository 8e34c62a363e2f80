// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {AccessControlUpgradeable} from "@openzeppelin/contracts-upgradeable/access/AccessControlUpgradeable.sol";
import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {ERC20PermitUpgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ProxyAdmin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

/// An upgradeable token as OpenZeppelin's parts make it: roles, permit, upgrades by those who hold a role.
contract TokenV1 is ERC20Upgradeable, ERC20PermitUpgradeable, AccessControlUpgradeable, UUPSUpgradeable {
    bytes32 public constant MINTER = keccak256("MINTER");
    bytes32 public constant UPGRADER = keccak256("UPGRADER");

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(string memory name, string memory symbol, address admin) external initializer {
        __ERC20_init(name, symbol);
        __ERC20Permit_init(name);
        __AccessControl_init();
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(UPGRADER, admin);
    }

    function mint(address to, uint256 amount) external onlyRole(MINTER) {
        _mint(to, amount);
    }

    function version() external pure virtual returns (uint256) {
        return 1;
    }

    function _authorizeUpgrade(address) internal view override onlyRole(UPGRADER) {}
}

/// The next version: new storage, set when the upgrade is made, and a fee on transfers.
contract TokenV2 is TokenV1 {
    /// Kept apart from the storage of the parents, whose layout may grow.
    struct Fees {
        address collector;
        uint256 basisPoints;
    }

    function _fees() private pure returns (Fees storage fees) {
        bytes32 slot = keccak256("atlas.TokenV2");
        assembly ("memory-safe") {
            fees.slot := slot
        }
    }

    function initializeV2(address collector, uint256 basisPoints) external reinitializer(2) {
        _fees().collector = collector;
        _fees().basisPoints = basisPoints;
    }

    function version() external pure override returns (uint256) {
        return 2;
    }

    function _update(address from, address to, uint256 amount) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : (amount * _fees().basisPoints) / 10_000;
        if (fee > 0) super._update(from, _fees().collector, fee);
        super._update(from, to, amount - fee);
    }
}
