#pragma once
// State tests in the JSON format of ethereum/tests ("GeneralStateTests") and execution-spec-tests ("state_tests").
#include <stdexcept>
#include <string>

#include <conformance/world_state.hpp>

#include <types/fork.hpp>
#include <types/transaction.hpp>

namespace atlas::conformance {

/// A file or test that is not what its place says; what() names the part at fault.
class FormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct BlobSchedule {
  u64 max = 0;
  u64 base_fee_update_fraction = 0;
};
/// The main network's, for tests without `config`.
BlobSchedule default_blob_schedule(Fork fork);

struct StateTestEnvironment {
  Address coinbase;
  u64 gas_limit = 0;
  u64 number = 0;
  u64 timestamp = 0;
  u256 base_fee;
  Hash256 prev_randao;
  u256 excess_blob_gas;
};

/// The transaction of a test: fields with one value, and lists that a case indexes. A number that does not fit its
/// field is absent; the transaction is then invalid, as it could not be encoded.
struct TransactionTemplate {
  std::optional<u64> nonce;
  std::vector<std::optional<u64>> gas_limits;
  std::vector<std::optional<u256>> values;
  std::vector<Bytes> data;
  std::optional<std::vector<std::optional<std::vector<AccessListEntry>>>> access_lists;
  std::optional<std::optional<u256>> gas_price;  // outer: given at all; inner: fits
  std::optional<std::optional<u256>> max_fee;
  std::optional<std::optional<u256>> max_priority_fee;
  std::optional<std::optional<u256>> max_blob_fee;
  std::optional<std::vector<Hash256>> blob_hashes;
  std::optional<std::vector<std::optional<Authorization>>> authorizations;
  std::optional<Address> to;
  Address sender;
};

/// One expected outcome: a case.
struct Expectation {
  std::string fork;
  std::size_t index = 0;  ///< in post[fork]
  std::size_t data = 0;
  std::size_t gas = 0;
  std::size_t value = 0;
  Hash256 state_root;
  Hash256 logs_hash;
  std::string exception;            ///< "A|B"; empty if the transaction is valid
  std::optional<Bytes> encoded;     ///< txbytes
  std::optional<WorldState> state;  ///< post state, for saying where a root differs
};

struct StateTest {
  std::string name;
  StateTestEnvironment environment;
  WorldState pre;
  TransactionTemplate transaction;
  u64 chain_id = 1;
  std::map<std::string, BlobSchedule, std::less<>> blob_schedule;
  std::vector<Expectation> expectations;
};

class OtherKind : public FormatError {
 public:
  using FormatError::FormatError;
};
/// All tests of a file, in its order. Throws FormatError; OtherKind where the JSON is no state test at all.
std::vector<StateTest> load_state_tests(const std::string& path);

}  // namespace atlas::conformance
