// The batches of nodes that have ended, each run in the machine from the witness that its node kept.
//
//   guest_chain ELF FOLDER…     every data directory below FOLDER…: `atlas dev --provable`, or batch.witness_batches
//
// A batch passes if the batch program commits the public input that follows from the node's records, and the same
// function run natively comes to the node's pubdata, byte for byte, its state after the batch and its output. The state
// names the last block's hash, and so every block of the batch, with the root of its receipts. Closes with "N passed,
// M failed" of batches.
#include <cstdio>
#include <set>

#include "harness.hpp"
#include <batch/batch_files.hpp>

#include <base/ensure.hpp>

namespace atlas::guest_test {
namespace {

namespace fs = std::filesystem;

/// What the batches held, so that a reader sees what was covered.
struct Totals {
  u64 passed = 0;
  u64 failed = 0;
  u64 blocks = 0;
  u64 transactions = 0;
  u64 priority = 0;
  u64 upgrades = 0;
  u64 cycles = 0;
};

/// Words of a witness file, which begins with their number; empty if that is not so.
std::vector<u32> words_of(ByteView file) {
  u32 count = 0;
  if (file.size() < sizeof count) return {};
  std::memcpy(&count, file.data(), sizeof count);
  if (file.size() != sizeof count + std::size_t{count} * sizeof(u32)) return {};
  std::vector<u32> words(count);
  if (count != 0) std::memcpy(words.data(), file.data() + sizeof count, file.size() - sizeof count);
  return words;
}

/// Why the batch does not pass; empty if it does.
std::string check(const BatchProgram& program, const batch::BatchFiles& files, u64 number, Totals& totals) {
  const auto before = files.record(number - 1);
  const auto record = files.record(number);
  const auto pubdata = files.pubdata(number);
  const auto file = files.witness(number);
  if (!file) return "the node kept no witness";
  if (!pubdata) return "the node kept no pubdata";
  const std::vector<u32> words = words_of(*file);
  const auto witness = stf::decode_witness(words);
  if (!witness) return stf::describe(witness.error());
  if (witness->input.number != number) return "the witness is of another batch";
  for (const stf::BlockInput& block : witness->input.blocks) {
    ++totals.blocks;
    for (const ByteView tx : block.transactions) {
      ++totals.transactions;
      totals.priority += tx[0] == static_cast<u8>(TxType::kPriority);
      totals.upgrades += tx[0] == static_cast<u8>(TxType::kUpgrade);
    }
  }
  const stf::ProvenBatch native = stf::execute_witness(words);
  if (native.sealed.after != record->state) return "another state after it";
  if (native.sealed.pubdata != *pubdata) return "other pubdata";
  if (stf::hash_batch_output(native.sealed.output) != record->output_hash) return "another output";
  const Hash256 expected = stf::public_input(tree::state_commitment(before->state),
                                             tree::state_commitment(record->state), {&record->output_hash, 1});
  const GuestRun guest = program.run(words);
  totals.cycles += guest.cycles;
  if (!guest.halted) return guest.fault;
  if (guest.output != expected) return "the guest committed " + to_hex(guest.output) + ", not " + to_hex(expected);
  return {};
}

void check_chain(const BatchProgram& program, const fs::path& folder, Totals& totals) {
  const batch::BatchFiles files(folder / "batches",
                                [](const std::string& text) { std::printf("note  %s\n", text.c_str()); });
  const Totals start = totals;
  for (u64 number = 1; number < files.count(); ++number) {
    const std::string wrong = check(program, files, number, totals);
    (wrong.empty() ? totals.passed : totals.failed) += 1;
    if (!wrong.empty()) {
      std::printf("fail  %s, batch %llu: %s\n", folder.c_str(), static_cast<unsigned long long>(number), wrong.c_str());
    }
  }
  std::printf("%s: %llu batches, %llu blocks, %llu transactions\n", folder.c_str(),
              static_cast<unsigned long long>(files.count() - 1),
              static_cast<unsigned long long>(totals.blocks - start.blocks),
              static_cast<unsigned long long>(totals.transactions - start.transactions));
}

/// Data directories at or below the folders.
std::set<fs::path> chains_below(std::span<char*> folders) {
  std::set<fs::path> out;
  for (const fs::path folder : folders) {
    if (!fs::is_directory(folder)) throw std::runtime_error("there is no folder " + folder.string());
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().filename() == "records" && entry.path().parent_path().filename() == "batches") {
        out.insert(entry.path().parent_path().parent_path());
      }
    }
  }
  return out;
}

}  // namespace
}  // namespace atlas::guest_test

int main(int argc, char** argv) {
  using namespace atlas::guest_test;
  if (argc < 3) {
    std::fprintf(stderr, "usage: guest_chain ELF FOLDER…\n");
    return 2;
  }
  try {
    const BatchProgram program(argv[1]);
    Totals totals;
    for (const auto& chain : chains_below(std::span(argv + 2, argv + argc))) check_chain(program, chain, totals);
    std::printf("%llu blocks, %llu transactions (%llu priority, %llu upgrades), %llu million cycles\n",
                static_cast<unsigned long long>(totals.blocks), static_cast<unsigned long long>(totals.transactions),
                static_cast<unsigned long long>(totals.priority), static_cast<unsigned long long>(totals.upgrades),
                static_cast<unsigned long long>(totals.cycles / 1'000'000));
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(totals.passed),
                static_cast<unsigned long long>(totals.failed));
    return totals.failed == 0 && totals.passed > 0 ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "guest_chain: %s\n", e.what());
    return 2;
  }
}
