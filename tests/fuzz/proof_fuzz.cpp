// The proof verifier: total on any bytes, and no change of a good proof is good. The input is a list of edits of a good
// proof of the toy machine, so that mutations reach every check; one that starts with 0xff is taken as the proof
// itself.
//
// Edit: kind (0 set, 1 xor, 2 insert, 3 delete, 4 truncate, 5 copy a word from elsewhere), position u24, word u32.
#include <cstdlib>

#include <field/packed/portable.hpp>
#include <stark/prover/chip_kernels_impl.hpp>
#include <stark/toy/machine.hpp>

using namespace atlas;
using namespace atlas::stark;

namespace {

struct Good {
  MachineKernels kernels;
  ProvingKey key;
  std::vector<u32> words;
};

const Good& good() {
  static const Good* kGood = [] {
    using Tables = MachineKernelsOf<field::PackedPortable, WordsPortable, toy::Fibonacci, toy::ByteTable,
                                    toy::MixingTable, toy::Cell, toy::Image>;
    auto* out = new Good;
    out->kernels.of_isa[0] = Tables::kTables;
    Parameters parameters = toy::small_parameters();
    parameters.queries = 4;  // less hashing an input
    parameters.local_grinding = parameters.boundary_grinding = parameters.query_grinding = 0;
    out->key = make_proving_key(toy::kMachine, out->kernels, parameters, toy::fixed_tables(), Isa::kPortable);
    toy::Run run = toy::start(3);
    std::vector<SegmentWitness> witness;
    witness.push_back(toy::segment(run, 1, 32, parameters));
    witness.push_back(toy::closing_segment(run, parameters));
    const Bytes proof = prove_execution(out->key, witness, Isa::kPortable);
    out->words.resize(proof.size() / 4);
    std::memcpy(out->words.data(), proof.data(), proof.size());
    return out;
  }();
  return *kGood;
}

ByteView view(const std::vector<u32>& words) {
  return {reinterpret_cast<const u8*>(words.data()), words.size() * 4};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size > 0 && data[0] == 0xff) {
    (void)verify_execution(good().key.verifying, ByteView(data + 1, size - 1));
    return 0;
  }
  std::vector<u32> words = good().words;
  for (; size >= 8; data += 8, size -= 8) {
    const std::size_t at = (u32{data[1]} | u32{data[2]} << 8 | u32{data[3]} << 16) % (words.size() + 1);
    const auto place = words.begin() + static_cast<std::ptrdiff_t>(at);
    u32 word;
    std::memcpy(&word, data + 4, 4);
    const bool is_inside = at < words.size();
    switch (data[0] % 6) {
      case 0:
        if (is_inside) words[at] = word;
        break;
      case 1:
        if (is_inside) words[at] ^= word;
        break;
      case 2:
        words.insert(place, word);
        break;
      case 3:
        if (is_inside) words.erase(place);
        break;
      case 4:
        words.resize(at);
        break;
      case 5:
        if (is_inside) words[at] = words[word % words.size()];
        break;
    }
  }
  const bool accepted = verify_execution(good().key.verifying, view(words)).ok();
  if (accepted != (words == good().words)) std::abort();
  return 0;
}
