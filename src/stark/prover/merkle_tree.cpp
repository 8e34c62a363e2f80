#include <bit>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <stark/prover/merkle_tree.hpp>

namespace atlas::stark {

MerkleTree::MerkleTree(DigestBuffer leaves, unsigned cap_log, Isa isa) {
  ENSURE(std::has_single_bit(leaves.size()), "a power of two of leaves");
  const HashKernels& kernels = hash_kernels(isa);
  layers_.push_back(std::move(leaves));
  while (layers_.back().size() > std::size_t{1} << cap_log) {
    const DigestBuffer& children = layers_.back();
    DigestBuffer parents(children.size() / 2);
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, parents.size(), 1024), [&](const auto& range) {
      kernels.hash_nodes(children.data() + 2 * range.begin(), range.size(), parents.data() + range.begin());
    });
    layers_.push_back(std::move(parents));
  }
}

std::vector<Digest> MerkleTree::open(std::span<const u32> indices) const {
  std::vector<Digest> out;
  std::vector<u32> level(indices.begin(), indices.end());
  for (std::size_t layer = 0; layer + 1 < layers_.size(); ++layer) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < level.size(); ++i) {
      const u32 index = level[i];
      if (index % 2 == 0 && i + 1 < level.size() && level[i + 1] == index + 1) {
        ++i;
      } else {
        out.push_back(layers_[layer][index ^ 1]);
      }
      level[kept++] = index / 2;
    }
    level.resize(kept);
  }
  return out;
}

}  // namespace atlas::stark
