// Batches of a small chain, proved from the folder that a node would keep: the whole way of `atlas prove-batch`. Reads
// the batch program as guest_test does.
#include <fstream>

#include "harness.hpp"
#include <arpa/inet.h>
#include <batch/batch_files.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prover/metrics_server.hpp>
#include <prover/watch.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <crypto/keccak.hpp>
#include <stf/batch_fixture.hpp>
#include <storage/crc32c.hpp>
#include <zkvm/machine/verify.hpp>

namespace atlas::guest_test {
namespace {

namespace fs = std::filesystem;
using stf::test::Wallet;
using testing::HasSubstr;

const Wallet kAlice(1);

const BatchProgram& program() {
  static const BatchProgram loaded([] {
    const char* path = std::getenv("ATLAS_BATCH_ELF");
    return path != nullptr ? std::string(path) : std::string(ATLAS_SOURCE_DIR "/build/guest/batch.elf");
  }());
  return loaded;
}

/// The folder of a node whose chain makes a transfer a batch.
class NodeFolder {
 public:
  fs::path path = fs::temp_directory_path() / ("atlas-prove-batch-" + std::to_string(getpid()));

  NodeFolder() {
    fs::remove_all(path);
    fs::create_directories(path / "batches");
    stf::GenesisConfig config;
    config.rules.da = stf::DaScheme::kCalldata;
    config.timestamp = 1'000;
    config.gas_limit = config.rules.gas_limit;
    config.base_fee = u256(config.rules.base_fee_floor_wei);
    stf::GenesisAccount alice;
    alice.address = kAlice.address;
    alice.balance = u256::power_of_two(70);
    config.alloc = {alice};
    world_ = std::make_unique<World>(config);
    files_ = std::make_unique<batch::BatchFiles>(path / "batches", [](const std::string&) {});
    batch::BatchRecord genesis;
    genesis.state = world_->batch_state;
    genesis.pubdata_hash = crypto::keccak256({});
    files_->add(genesis, {});
    rules_ = config.rules;
  }
  ~NodeFolder() { fs::remove_all(path); }

  /// The public input of the batch. `is_forged`: the node's record says another output.
  Hash256 add_batch(bool has_witness = true, bool is_forged = false) {
    stf::BatchInput input = world_->next_batch();
    const SignedTransaction tx = kAlice.call(rules_, input.number - 1, Address{{0x99}}, {}, u256(5), 21'000);
    stf::BlockInput block;
    block.timestamp = 1'000 + input.number;
    block.transactions = {tx.encoded};
    input.blocks = {block};
    const NativeBatch native = run_native(*world_, input);
    Bytes witness(4 + 4 * native.witness.size());
    const auto words = static_cast<u32>(native.witness.size());
    std::memcpy(witness.data(), &words, 4);
    std::memcpy(witness.data() + 4, native.witness.data(), 4 * native.witness.size());
    batch::BatchRecord record;
    record.number = input.number;
    record.first_block = input.number;
    record.first_timestamp = block.timestamp;
    record.l2_transactions = 1;
    record.pubdata_bytes = native.sealed.pubdata.size();
    record.pubdata_hash = crypto::keccak256(native.sealed.pubdata);
    record.output_hash = stf::hash_batch_output(native.sealed.output);
    if (is_forged) record.output_hash[7] ^= 1;
    record.state = native.sealed.after;
    if (has_witness) {
      record.witness_bytes = witness.size();
      record.witness_crc = storage::crc32c(witness);
    }
    files_->add(record, native.sealed.pubdata, has_witness ? ByteView(witness) : ByteView());
    return native.public_input;
  }

 private:
  std::unique_ptr<World> world_;
  std::unique_ptr<batch::BatchFiles> files_;
  stf::ChainRules rules_;
};

std::vector<fs::path> proofs_in(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

Bytes read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes((std::istreambuf_iterator<char>(in)), {});
}

std::string get(u16 port, const std::string& path) {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  if (send(client, request.data(), request.size(), 0) < 0) return {};
  std::string out;
  char buffer[4096];
  for (ssize_t got; (got = recv(client, buffer, sizeof buffer, 0)) > 0;)
    out.append(buffer, static_cast<std::size_t>(got));
  close(client);
  return out;
}

TEST(ProveBatch, WatchesANode) {
  NodeFolder node;
  const std::vector<Hash256> inputs = {node.add_batch(), node.add_batch(false), node.add_batch(true, true),
                                       node.add_batch()};
  const zkvm::ProgramProver prover(program().program(), stark::hundred_bit_parameters());
  std::string said;
  prover::Watch watch({node.path, node.path / "proofs", 1}, prover,
                      [&](const std::string& line) { said += line + "\n"; });
  const prover::MetricsServer server(0, [&] { return render(watch.stats()); });

  // 1 is proved, 2 has no witness, of 3 the node says something else, and so of the state that 4 begins with: no. The
  // record of 3 names the right state and a wrong output; 4 is good.
  EXPECT_TRUE(watch.prove_next());
  EXPECT_EQ(watch.stats().backlog, 2u);
  EXPECT_THAT(get(server.port(), "/metrics"), HasSubstr("\natlas_prover_backlog_batches 2\n"));
  EXPECT_TRUE(watch.prove_next());
  EXPECT_TRUE(watch.prove_next());
  EXPECT_FALSE(watch.prove_next());
  const prover::WatchStats stats = watch.stats();
  EXPECT_EQ(stats.latest, 4u);
  EXPECT_EQ(stats.backlog, 0u);
  EXPECT_EQ(stats.proved, 2u);
  EXPECT_EQ(stats.missed, 1u);
  EXPECT_EQ(stats.failed, 1u);
  EXPECT_EQ(stats.transactions, 2u);
  EXPECT_GT(stats.cycles, 10'000u);
  EXPECT_GT(stats.core_seconds, 0.1);
  EXPECT_THAT(said, HasSubstr("batch 1: proved in "));
  EXPECT_THAT(said, HasSubstr("batch 3: the program comes to the public input " + to_hex(inputs[2].view())));
  const std::string metrics = get(server.port(), "/metrics");
  for (const char* line : {"\natlas_prover_batches_total 2\n", "\natlas_prover_failed_total 1\n",
                           "\natlas_prover_missed_total 1\n", "\natlas_prover_cost_dollars_total "}) {
    EXPECT_THAT(metrics, HasSubstr(line));
  }
  EXPECT_THAT(get(server.port(), "/else"), HasSubstr("404"));

  const std::vector<fs::path> proofs = proofs_in(node.path / "proofs");
  ASSERT_EQ(proofs.size(), 2u) << "nothing is left of proofs in the making";
  for (std::size_t k = 0; k < 2; ++k) {
    const auto claim = zkvm::verify_execution(prover.key(), read_file(proofs[k]));
    ASSERT_TRUE(claim.ok()) << proofs[k];
    EXPECT_EQ(claim->public_output, inputs[k == 0 ? 0 : 3]);
  }

  // Another process finds them done, and a batch that comes later.
  prover::Watch again({node.path, node.path / "proofs", 4}, prover, [](const std::string&) {});
  EXPECT_FALSE(again.prove_next());
  node.add_batch();
  EXPECT_TRUE(again.prove_next());
  EXPECT_EQ(again.stats().proved, 1u);
}

TEST(ProveBatch, ReadsWhatTheNodeWrote) {
  NodeFolder node;
  const Hash256 input = node.add_batch();
  const prover::BatchReader reader(node.path);
  EXPECT_EQ(reader.latest(), 1u);
  EXPECT_EQ(reader.public_input(1), input);
  EXPECT_FALSE(reader.public_input(0));
  EXPECT_FALSE(reader.record(2));
  const auto record = reader.record(1);
  ASSERT_TRUE(record);
  EXPECT_TRUE(reader.witness(*record));
  const fs::path file = node.path / "batches/witness/batch-1.bin";
  Bytes bytes = read_file(file);
  bytes[40] ^= 1;
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  EXPECT_THROW((void)reader.witness(*record), storage::StorageError);
  fs::remove(file);
  EXPECT_FALSE(reader.witness(*record));
  EXPECT_THROW(prover::BatchReader(node.path / "none"), storage::StorageError);
}

}  // namespace
}  // namespace atlas::guest_test
