#pragma once
// What the inner frames of a transaction touch and create, and who inherits from them, for the history's address index.
// Listens to frames and heirs only: the environment runs as fast as without.
#include <algorithm>

#include <evm/tracer.hpp>
#include <types/receipt.hpp>

namespace atlas::sequencer {

class InnerFrameRecorder final : public evm::Tracer {
 public:
  /// Addresses kept of one transaction; what is beyond is not found by address, so a transaction that calls thousands
  /// of contracts costs the index no more than this.
  static constexpr std::size_t kTouchedMax = 256;
  static constexpr std::size_t kCreatedMax = 256;

  void reset() {
    frames_.clear();
    inner_.touched.clear();
    inner_.created.clear();
    full_ = false;
  }
  /// What was recorded since reset().
  InnerFrames take() {
    if (!inner_.touched.empty()) compact();
    return std::exchange(inner_, {});
  }

  void enter(const CallRequest& request) override {
    const bool creates = request.kind == CallKind::kCreate || request.kind == CallKind::kCreate2;
    frames_.push_back({inner_.created.size()});
    if (request.depth == 0) return;  // the transaction itself says whom it calls or creates
    const Address& address = creates ? request.recipient : request.code_address;
    if (creates && inner_.created.size() < kCreatedMax) inner_.created.push_back({address, request.sender});
    if (is_precompile(address)) return;
    note(address);
  }
  void exit(const CallResult& result) override {
    const std::size_t before = frames_.back().created_before;
    frames_.pop_back();
    if (result.status != FrameStatus::kSuccess) inner_.created.resize(std::min(inner_.created.size(), before));
  }
  void inherit(const Address& heir) override { note(heir); }
  void step(const evm::TraceStep&) override {}
  void step_done(u64, HaltReason) override {}
  void storage(const Address&, const u256&, const u256&) override {}

 private:
  struct Open {
    std::size_t created_before = 0;
  };
  static constexpr std::size_t kBufferMax = 4 * kTouchedMax;  // before duplicates are looked for

  /// Every precompile of every fork lies below 0x200; nothing else can.
  static bool is_precompile(const Address& address) {
    return std::all_of(address.begin(), address.end() - 2, [](u8 b) { return b == 0; }) && address[18] < 2;
  }
  void note(const Address& address) {
    std::vector<Address>& touched = inner_.touched;
    if (full_ || (!touched.empty() && touched.back() == address)) return;
    touched.push_back(address);
    if (touched.size() == kBufferMax) compact();
  }
  void compact() {
    std::vector<Address>& touched = inner_.touched;
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    full_ = touched.size() >= kTouchedMax;
    if (full_) touched.resize(kTouchedMax);
  }

  InnerFrames inner_;
  std::vector<Open> frames_;
  bool full_ = false;
};

}  // namespace atlas::sequencer
