#include <state/tree/recording_view.hpp>
#include <stf/witness_maker.hpp>

namespace atlas::stf {
namespace {

/// Notes the leaves that a diff sets (tree::leaf_writes); what becomes of them is nobody's business here.
class NotingTree final : public BatchTree {
 public:
  explicit NotingTree(const tree::RecordingView& view) : view_(view) {}

  tree::TreeState update(const StateDiff& diff, Pubdata&) override {
    done = true;
    for (const StateDiff::AccountChange& change : diff.accounts) {
      const auto old = view_.account(change.address);
      const Account after = change.account.value_or(Account{});
      if (after.code_hash != old.value_or(Account{}).code_hash) {
        view_.note(tree::address_key(tree::Domain::kCodeCommitment, change.address));
        view_.note(tree::address_key(tree::Domain::kCodeHash, change.address));
      }
      for (const auto& [slot, value] : change.storage) view_.note(tree::storage_key(change.address, slot));
    }
    return {};
  }
  bool done = false;

 private:
  const tree::RecordingView& view_;
};

}  // namespace

Result<TouchedState, BatchFailure> touched_state(const BatchInput& input, const StateView& view,
                                                 ExecutionEnvironment& environment) {
  const tree::RecordingView recorder(view);
  NotingTree noting(recorder);
  const auto sealed = run_batch(input, recorder, environment, noting);
  // Once the leaves are noted, all that is left is the output, which lacks the leaves' pubdata and may be refused.
  if (!sealed && !noting.done) return Err(sealed.error());
  return TouchedState{recorder.keys(), recorder.codes()};
}

}  // namespace atlas::stf
