#include <algorithm>

#include <zkvm/machine/verify.hpp>

namespace atlas::zkvm {
namespace {

using stark::Parameters;
using stark::VerifyError;

constexpr u32 kParameterWords = 10, kShapeWords = 4, kDigestWords = 8;

std::array<u32, kParameterWords> words_of(const Parameters& p) {
  return {p.stack_log, p.block_log,      p.max_width,         p.cap_log,        p.final_log,
          p.queries,   p.local_grinding, p.boundary_grinding, p.query_grinding, p.promised_bits};
}

}  // namespace

ProgramKey::ProgramKey(const MachineShape& shape, const Parameters& parameters, stark::MerkleCap fixed_cap)
    : machine_(shape) {
  verifying_.machine = &machine_.machine();
  verifying_.parameters = parameters;
  verifying_.fixed_cap = std::move(fixed_cap);
  verifying_.digest = verifying_.compute_digest();
}

Bytes ProgramKey::to_bytes() const {
  std::vector<u32> words = {kKeyMagic, kKeyVersion};
  const auto parameters = words_of(verifying_.parameters);
  words.insert(words.end(), parameters.begin(), parameters.end());
  const MachineShape& s = machine_.shape();
  words.insert(words.end(), {s.program_height, s.image_height, s.entry_slot, s.last_zone});
  words.push_back(static_cast<u32>(verifying_.fixed_cap.size()));
  const auto put = [&words](const stark::Digest& d) { words.insert(words.end(), d.word, d.word + kDigestWords); };
  for (const stark::Digest& d : verifying_.fixed_cap) put(d);
  put(verifying_.digest);
  const auto* bytes = reinterpret_cast<const u8*>(words.data());
  return Bytes(bytes, bytes + words.size() * sizeof(u32));
}

Result<std::unique_ptr<ProgramKey>, VerifyError> ProgramKey::from_bytes(ByteView bytes) {
  if (bytes.size() % sizeof(u32) != 0) return Err(VerifyError::kFormat);
  std::vector<u32> words(bytes.size() / sizeof(u32));
  if (!words.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  constexpr std::size_t kHead = 2 + kParameterWords + kShapeWords + 1;
  if (words.size() < kHead + kDigestWords || words[0] != kKeyMagic || words[1] != kKeyVersion) {
    return Err(VerifyError::kFormat);
  }
  Parameters parameters;
  bool is_known = false;
  for (const Parameters& shipped : {stark::shipped_parameters(), stark::hundred_bit_parameters()}) {
    const auto expected = words_of(shipped);
    if (!std::equal(expected.begin(), expected.end(), words.begin() + 2)) continue;
    parameters = shipped;
    is_known = true;
  }
  const u32* s = &words[2 + kParameterWords];
  const MachineShape shape{s[0], s[1], s[2], s[3]};
  const u32 digests = s[kShapeWords];
  if (!is_known || !ProgramMachine::is_valid(shape) || digests != u32{1} << parameters.cap_log ||
      words.size() != kHead + std::size_t{digests + 1} * kDigestWords) {
    return Err(VerifyError::kFormat);
  }
  stark::MerkleCap cap(digests);
  const u32* at = &words[kHead];
  for (stark::Digest& d : cap) {
    std::copy(at, at + kDigestWords, d.word);
    at += kDigestWords;
  }
  auto out = std::make_unique<ProgramKey>(shape, parameters, std::move(cap));
  if (!std::equal(at, at + kDigestWords, out->verifying_.digest.word)) return Err(VerifyError::kFormat);
  return out;
}

Result<ExecutionClaim, VerifyError> verify_execution(const ProgramKey& key, ByteView proof) {
  const auto outcome = stark::verify_execution(key.verifying(), proof);
  if (!outcome) return Err(outcome.error());
  return claim_of(outcome->public_values);
}

bool is_for_another_key(const ProgramKey& key, ByteView proof) {
  u32 head[2 + kDigestWords];  // magic, version and set, digest
  if (proof.size() < sizeof head) return false;
  std::memcpy(head, proof.data(), sizeof head);
  return head[0] == stark::kProofMagic && !std::equal(head + 2, std::end(head), key.verifying().digest.word);
}

}  // namespace atlas::zkvm
