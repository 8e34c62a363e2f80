#pragma once
// All chips of the machine, in the order of its key.
#include <zkvm/chips/add/chip.hpp>
#include <zkvm/chips/bitwise/chip.hpp>
#include <zkvm/chips/blake3/chip.hpp>
#include <zkvm/chips/branch/chip.hpp>
#include <zkvm/chips/compare/chip.hpp>
#include <zkvm/chips/constant/chip.hpp>
#include <zkvm/chips/div/chip.hpp>
#include <zkvm/chips/ecall/chip.hpp>
#include <zkvm/chips/extension/chip.hpp>
#include <zkvm/chips/jump/chip.hpp>
#include <zkvm/chips/keccak/chip.hpp>
#include <zkvm/chips/merkle/chip.hpp>
#include <zkvm/chips/mul/chip.hpp>
#include <zkvm/chips/part_memory/chip.hpp>
#include <zkvm/chips/secp256k1/chip.hpp>
#include <zkvm/chips/sha256/chip.hpp>
#include <zkvm/chips/shift/chip.hpp>
#include <zkvm/chips/tables/chip.hpp>
#include <zkvm/chips/u256/chip.hpp>
#include <zkvm/chips/word_memory/chip.hpp>
#include <zkvm/chips/words/chip.hpp>

namespace atlas::zkvm {

template <class... Chips>
struct ChipList {
  static constexpr std::size_t kCount = sizeof...(Chips);
};

/// One row an instruction.
using StepChips =
    ChipList<chips::Add, chips::Sub, chips::AddImmediate, chips::Constant, chips::Bitwise, chips::BitwiseImmediate,
             chips::Shift, chips::ShiftImmediate, chips::Compare, chips::CompareImmediate, chips::BranchEqual,
             chips::BranchLess, chips::JumpRegister, chips::LoadWord, chips::StoreWord, chips::LoadPart,
             chips::StorePart, chips::Mul, chips::MulHigh, chips::Div, chips::Ecall>;
/// Words that calls move, that a segment touches, that there are.
using WordChips = ChipList<chips::Transfer, chips::BoundaryRow, chips::InitialRow>;
/// Primitives: rows of calls that the ecall chip hands on.
using PrimitiveChips =
    ChipList<chips::Keccak, chips::KeccakRound, chips::Blake3, chips::Blake3Block, chips::Blake3Round,
             chips::MerklePath, chips::MerkleUpdate, chips::MerkleLevel, chips::Sha256, chips::Sha256Block,
             chips::Sha256Quarter, chips::U256, chips::Secp256k1Add, chips::Secp256k1Double, chips::ExtensionDot,
             chips::DotBaseTerm, chips::DotTerm, chips::EqExpand, chips::EqStep>;
/// Chips of fixed height.
using TableChips =
    ChipList<chips::SegmentTable, chips::Zones, chips::ProgramTable, chips::ImageTable, chips::Range20, chips::Range16,
             chips::Range14, chips::Ticks, chips::BytePairs, chips::ShiftTable, chips::KeccakTable>;

template <class... A, class... B, class... C, class... D>
constexpr ChipList<A..., B..., C..., D...> join(ChipList<A...>, ChipList<B...>, ChipList<C...>, ChipList<D...>) {
  return {};
}
using AllChips = decltype(join(StepChips{}, WordChips{}, PrimitiveChips{}, TableChips{}));
inline constexpr std::size_t kChips = AllChips::kCount;

/// Position of a chip in the key.
template <class Chip, class... Chips>
constexpr std::size_t index_in(ChipList<Chips...>) {
  std::size_t found = 0, i = 0;
  ((std::is_same_v<Chip, Chips> ? found = i : 0, ++i), ...);
  return found;
}
template <class Chip>
inline constexpr std::size_t kIndexOf = index_in<Chip>(AllChips{});

/// visit(std::type_identity<Chip>{}) for each chip in order.
template <class... Chips, class Visit>
constexpr void for_each_chip(ChipList<Chips...>, const Visit& visit) {
  (visit(std::type_identity<Chips>{}), ...);
}

}  // namespace atlas::zkvm
