#include <gtest/gtest.h>
#include <recovery/recovery.hpp>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::recovery {
namespace {

class Random {
 public:
  explicit Random(u64 seed) : state_(crypto::keccak256(u256(seed).to_be().view())) {}
  Hash256 hash() { return state_ = crypto::keccak256(state_.view()); }
  u256 number() { return u256::from_be(hash()); }

 private:
  Hash256 state_;
};

void expect_equal_paths(const std::vector<Request>& requests) {
  std::vector<std::optional<Address>> fast(requests.size()), slow(requests.size());
  recover_addresses(requests, fast);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request& q = requests[i];
    const auto key = crypto::portable::recover_public_key(q.digest, q.y_parity, q.r, q.s);
    if (key) slow[i] = crypto::address_of_public_key(*key);
    ASSERT_EQ(fast[i], slow[i]) << "request " << i << " digest " << to_hex(q.digest) << " r " << to_quantity(q.r)
                                << " s " << to_quantity(q.s) << " parity " << int{q.y_parity};
  }
}

TEST(Recovery, SignedBatchesOfEveryLength) {
  Random random(1);
  for (unsigned n = 0; n <= 130; ++n) {
    std::vector<Request> requests;
    std::vector<std::optional<Address>> signers, out(n);
    for (unsigned i = 0; i < n; ++i) {
      const Hash256 key = random.hash();
      const Hash256 digest = random.hash();
      const auto signature = crypto::sign(digest, key);
      ASSERT_TRUE(signature);
      requests.push_back({digest, signature->r, signature->s, signature->y_parity});
      signers.push_back(crypto::address_of_private_key(key));
    }
    recover_addresses(requests, out);
    EXPECT_EQ(out, signers) << n;
  }
}

TEST(Recovery, RandomNumbersAsSignatures) {
  Random random(2);
  std::vector<Request> requests;
  for (int i = 0; i < 2000; ++i) {
    requests.push_back({random.hash(), random.number(), random.number(), static_cast<u8>(random.hash()[0] & 1)});
  }
  expect_equal_paths(requests);
}

TEST(Recovery, EdgesOfEveryField) {
  const u256 n = crypto::kSecp256k1Order;
  const u256 generator_x(0x79be667ef9dcbbac, 0x55a06295ce870b07, 0x029bfcdb2dce28d9, 0x59f2815b16f81798);
  const std::vector<u256> scalars = {u256(),
                                     u256(1),
                                     u256(2),
                                     u256(3),
                                     u256(7),
                                     n - u256(2),
                                     n - u256(1),
                                     n,
                                     n + u256(1),
                                     u256::max(),
                                     generator_x,
                                     n >> 1,
                                     (n >> 1) + u256(1),
                                     u256(1) << 128,
                                     (u256(1) << 128) - u256(1),
                                     u256(1) << 255};
  std::vector<Request> requests;
  for (const u256& digest : scalars) {
    for (const u256& r : scalars) {
      for (const u256& s : scalars) {
        for (const u8 parity : {u8{0}, u8{1}}) requests.push_back({digest.to_be(), r, s, parity});
      }
    }
  }
  requests.push_back({Hash256{}, generator_x, u256(1), 2});
  requests.push_back({Hash256{}, generator_x, u256(1), 27});
  expect_equal_paths(requests);
}

// R = ±kG with small k, and scalars chosen so that running sums meet: equal, opposite and infinite points on the way.
TEST(Recovery, PointsThatMeet) {
  std::vector<Request> requests;
  for (u64 k = 1; k <= 40; ++k) {
    const auto point = crypto::public_key_of(u256(k).to_be());
    ASSERT_TRUE(point);
    const u256 r = u256::from_be(point->data());
    if (r >= crypto::kSecp256k1Order) continue;
    for (u64 s = 1; s <= 6; ++s) {
      for (const u64 factor : {u64{0}, u64{1}, k * s, k, s, 2 * k * s, 255 * s, u64{256}}) {
        for (const u8 parity : {u8{0}, u8{1}}) {
          requests.push_back({u256(factor).to_be(), r, u256(s), parity});
          // s = r·t and digest = −r·u make u2 = t and u1 = u small integers.
          requests.push_back({mulmod(r, crypto::kSecp256k1Order - u256(factor), crypto::kSecp256k1Order).to_be(), r,
                              mulmod(r, u256(s), crypto::kSecp256k1Order), parity});
        }
      }
    }
  }
  expect_equal_paths(requests);
}

TEST(Recovery, PathsHaveNames) {
  EXPECT_STREQ(name_of(Path::kPortable), "portable");
  if (best_path() == Path::kPortable) std::puts("[          ] this processor has no AVX-512 IFMA: one path was tested");
}

}  // namespace
}  // namespace atlas::recovery
