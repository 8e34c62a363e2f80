#pragma once
// The threads of a StateTree; private to state_tree*.cpp.
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tree/state_tree.hpp>

namespace atlas::tree {

struct StateTree::Workers {
  explicit Workers(int threads) : arena(threads) {}
  tbb::task_arena arena;
};

inline void StateTree::in_parallel(std::size_t count, std::size_t grain,
                                   const std::function<void(std::size_t, std::size_t)>& body) const {
  if (workers_ == nullptr || count <= grain) {
    for (std::size_t first = 0; first < count; first += grain) body(first, std::min(count, first + grain));
    return;
  }
  workers_->arena.execute([&] {
    const std::size_t pieces = (count + grain - 1) / grain;
    tbb::parallel_for(std::size_t{0}, pieces,
                      [&](std::size_t i) { body(i * grain, std::min(count, (i + 1) * grain)); });
  });
}

}  // namespace atlas::tree
