#include <gtest/gtest.h>

#include <sequencer/inner_frames.hpp>

namespace atlas::sequencer {
namespace {

Address address_of(u64 n) {
  return u256(0x10'0000 + n).to_address();
}

CallRequest request(CallKind kind, u16 depth, const Address& sender, const Address& to) {
  CallRequest out;
  out.kind = kind;
  out.depth = depth;
  out.sender = sender;
  out.recipient = out.code_address = to;
  return out;
}

CallResult ended(FrameStatus status) {
  CallResult out;
  out.status = status;
  return out;
}

TEST(InnerFrames, ListsWhatInnerFramesTouchOnceAndInOrder) {
  InnerFrameRecorder recorder;
  recorder.enter(request(CallKind::kCall, 0, address_of(0), address_of(1)));
  for (const u64 to : {5u, 3u, 5u, 4u, 3u}) {
    recorder.enter(request(CallKind::kCall, 1, address_of(1), address_of(to)));
    recorder.exit(ended(FrameStatus::kSuccess));
  }
  auto library = request(CallKind::kDelegateCall, 1, address_of(0), address_of(6));
  library.recipient = address_of(1);
  recorder.enter(library);
  recorder.exit(ended(FrameStatus::kRevert));  // who was called is of interest all the same
  recorder.enter(request(CallKind::kStaticCall, 1, address_of(1), u256(4).to_address()));  // the identity precompile
  recorder.exit(ended(FrameStatus::kSuccess));
  recorder.inherit(address_of(7));
  recorder.exit(ended(FrameStatus::kSuccess));
  const InnerFrames inner = recorder.take();
  EXPECT_EQ(inner.touched,
            (std::vector<Address>{address_of(3), address_of(4), address_of(5), address_of(6), address_of(7)}));
  EXPECT_TRUE(inner.created.empty());
  recorder.reset();
  EXPECT_TRUE(recorder.take().empty());
}

TEST(InnerFrames, KeepsCreationsThatStay) {
  InnerFrameRecorder recorder;
  recorder.enter(request(CallKind::kCall, 0, address_of(0), address_of(1)));
  recorder.enter(request(CallKind::kCreate, 1, address_of(1), address_of(2)));
  recorder.enter(request(CallKind::kCreate2, 2, address_of(2), address_of(3)));
  recorder.exit(ended(FrameStatus::kSuccess));
  recorder.exit(ended(FrameStatus::kSuccess));
  recorder.enter(request(CallKind::kCall, 1, address_of(1), address_of(4)));
  recorder.enter(request(CallKind::kCreate, 2, address_of(4), address_of(5)));
  recorder.exit(ended(FrameStatus::kSuccess));
  recorder.exit(ended(FrameStatus::kRevert));  // takes 5 along
  recorder.enter(request(CallKind::kCreate, 1, address_of(1), address_of(6)));
  recorder.exit(ended(FrameStatus::kFailure));
  recorder.exit(ended(FrameStatus::kSuccess));
  const InnerFrames inner = recorder.take();
  EXPECT_EQ(inner.created,
            (std::vector<InnerFrames::Creation>{{address_of(2), address_of(1)}, {address_of(3), address_of(2)}}));
  EXPECT_EQ(inner.touched.size(), 5u);
}

TEST(InnerFrames, IsBounded) {
  InnerFrameRecorder recorder;
  recorder.enter(request(CallKind::kCall, 0, address_of(0), address_of(1)));
  for (u64 i = 0; i < 10'000; ++i) {
    recorder.enter(request(CallKind::kCreate, 1, address_of(1), address_of(i)));
    recorder.exit(ended(FrameStatus::kSuccess));
  }
  recorder.exit(ended(FrameStatus::kSuccess));
  const InnerFrames inner = recorder.take();
  EXPECT_EQ(inner.touched.size(), InnerFrameRecorder::kTouchedMax);
  EXPECT_EQ(inner.created.size(), InnerFrameRecorder::kCreatedMax);
}

}  // namespace
}  // namespace atlas::sequencer
