#include <algorithm>

#include <stark/prover/bus_runs.hpp>

namespace atlas::stark {

std::vector<BusBlock> bus_blocks(const Machine& machine, const Layout& layout, Bus bus) {
  std::vector<BusBlock> out;
  for (u32 c = 0; c < machine.chips.size(); ++c) {
    if (!layout.is_live(c)) continue;
    const ChipShape& shape = machine.chips[c].shape;
    u64 first = layout.buses[static_cast<unsigned>(bus)].first[c];
    for (u32 j = 0; j < shape.message_count; ++j) {
      if (shape.messages[j].bus != bus) continue;
      out.push_back({c, j, first, layout.row_logs[c], layout.heights[c]});
      first += u64{1} << layout.row_logs[c];
    }
  }
  std::sort(out.begin(), out.end(), [](const BusBlock& a, const BusBlock& b) { return a.first < b.first; });
  return out;
}

BusRuns runs_at(std::span<const BusBlock> blocks, u64 leaves, u32 bus_log, u32 log) {
  const u32 up = bus_log - log;  // how many times neighbours were joined
  const auto joined = [up](u64 n) { return (n + (u64{1} << up) - 1) >> up; };
  const auto rounded = [](u64 n) { return (n + BusRuns::kRunGrain - 1) / BusRuns::kRunGrain * BusRuns::kRunGrain; };
  BusRuns out;
  u64 end = 0;  // of the blocks with runs of their own: exact, as these are whole fractions of this layer
  for (const BusBlock& block : blocks) {
    if (block.log < up || u64{1} << (block.log - up) < BusRuns::kOwnRun) break;  // blocks fall in size
    const u64 size = u64{1} << (block.log - up);
    const u64 kept = std::min(size, rounded(joined(block.height)));
    out.own.push_back({block.first >> up, size, kept, out.stored});
    out.stored += kept;
    end = (block.first >> up) + size;
  }
  const u64 size = (u64{1} << log) - end;
  const u64 used = std::max<u64>(joined(leaves), 1) - std::min(end, std::max<u64>(joined(leaves), 1));
  out.rest = {end, size, std::min(size, rounded(used)), out.stored};
  out.stored += out.rest.kept;
  return out;
}

}  // namespace atlas::stark
