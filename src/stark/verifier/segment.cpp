#include <stark/verifier/segment.hpp>

namespace atlas::stark {
namespace {

/// Heights, then the boundary cap if the heights give the boundary tree any column.
Result<Layout, VerifyError> receive_header(VerifierChannel& channel, const VerifyingKey& key, MerkleCap& boundary_cap) {
  std::span<const u32> heights;
  if (!channel.receive(Label::kHeights, key.machine->chips.size(), heights)) return Err(VerifyError::kTruncated);
  auto layout = make_layout(*key.machine, key.parameters, heights);
  if (!layout) return layout;
  if (layout->trees[static_cast<unsigned>(TreeId::kBoundary)].tiles != 0 &&
      !channel.receive(Label::kBoundaryRoot, std::size_t{1} << key.parameters.cap_log, boundary_cap)) {
    return Err(VerifyError::kTruncated);
  }
  return layout;
}

}  // namespace

Transcript segment_transcript(const VerifyingKey& key, std::span<const u32> public_values,
                              const BusChallenge& boundary) {
  Transcript out("atlas segment proof 1");
  out.absorb(Label::kKey, std::span(&key.digest, 1));
  out.absorb(Label::kPublicValues, public_values);
  out.absorb(Label::kBoundaryChallenge, boundary.alpha);
  out.absorb(Label::kBoundaryChallenge, std::span<const Ext>(boundary.beta));
  return out;
}

Result<SegmentHeader, VerifyError> read_segment_header(const VerifyingKey& key, std::span<const u32> proof) {
  VerifierChannel channel(Transcript("header only"), proof);
  SegmentHeader out;
  const auto layout = receive_header(channel, key, out.boundary_cap);
  if (!layout) return Err(layout.error());
  out.heights = layout->heights;
  return out;
}

Result<Fraction, VerifyError> verify_segment(const VerifyingKey& key, std::span<const u32> public_values,
                                             const BusChallenge& boundary, std::span<const u32> proof) {
  const Machine& machine = *key.machine;
  const Parameters& parameters = key.parameters;
  if (public_values.size() != machine.public_values) return Err(VerifyError::kFormat);
  VerifierChannel channel(segment_transcript(key, public_values, boundary), proof);
  Transcript& transcript = channel.transcript();
  MerkleCap caps[kTreeCount];
  caps[0] = key.fixed_cap;
  const auto layout = receive_header(channel, key, caps[1]);
  if (!layout) return Err(layout.error());
  if (layout->trees[2].tiles != 0 &&
      !channel.receive(Label::kMainRoot, std::size_t{1} << parameters.cap_log, caps[2])) {
    return Err(VerifyError::kTruncated);
  }

  if (!channel.receive_work(Label::kLocalGrinding, parameters.local_grinding)) return Err(VerifyError::kProofOfWork);
  const BusChallenge challenges[kBusCount] = {draw_bus_challenge(transcript, Label::kLocalChallenge), boundary};
  const auto bus = verify_bus(channel, layout->bus_log);
  if (!bus) return Err(bus.error());
  const std::vector<PublicMessage> messages = machine.public_messages(machine, public_values);
  const auto balance = check_local_bus(bus->root[0], challenges[0], messages);
  if (!balance) return Err(balance.error());

  const auto claims = verify_constraints(channel, machine, *layout, *bus, challenges);
  if (!claims) return Err(claims.error());
  const auto opening = verify_opening(channel, machine, parameters, *layout, caps, *claims);
  if (!opening) return Err(opening.error());
  if (channel.remaining() != 0) return Err(VerifyError::kTrailing);
  return bus->root[1];
}

}  // namespace atlas::stark
