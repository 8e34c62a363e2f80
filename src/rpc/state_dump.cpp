#include <boost/beast/zlib/inflate_stream.hpp>
#include <simdjson.h>

#include <rpc/accounts_json.hpp>
#include <rpc/json_writer.hpp>
#include <rpc/state_dump.hpp>

namespace atlas::rpc {
namespace {

namespace zlib = boost::beast::zlib;

constexpr std::size_t kGzipHeader = 10;
constexpr std::size_t kGzipTrailer = 8;  // CRC-32, length

bool is_gzip(ByteView bytes) {
  return bytes.size() >= kGzipHeader + kGzipTrailer && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/// The content of a gzip member without optional header fields (RFC 1952), as anvil writes it. Its length is checked,
/// its checksum is not: what is damaged is no JSON.
Result<std::string, std::string> inflate(ByteView bytes, std::size_t bytes_max) {
  constexpr u8 kDeflate = 8;
  if (bytes[2] != kDeflate || bytes[3] != 0) return Err(std::string("gzip with a header that is not supported"));
  bytes = bytes.subspan(kGzipHeader);
  u32 length = 0;
  std::memcpy(&length, bytes.data() + bytes.size() - 4, 4);
  if (length > bytes_max) return Err("the state is larger than " + std::to_string(bytes_max) + " bytes");
  std::string out(length + std::size_t{1}, '\0');  // one more shows what does not fit
  zlib::inflate_stream stream;
  zlib::z_params params;
  params.next_in = bytes.data();
  params.avail_in = bytes.size() - kGzipTrailer;
  params.next_out = out.data();
  params.avail_out = out.size();
  boost::system::error_code error;
  stream.write(params, zlib::Flush::finish, error);
  if (error != zlib::error::end_of_stream || params.total_out != length) {
    return Err("gzip is damaged" + (error ? ": " + error.message() : std::string()));
  }
  out.resize(length);
  return out;
}

}  // namespace

Result<std::vector<stf::GenesisAccount>, std::string> read_state_dump(ByteView dump, std::size_t bytes_max) {
  std::string text(dump.begin(), dump.end());
  if (is_gzip(dump)) {
    auto inflated = inflate(dump, bytes_max);
    if (!inflated.ok()) return Err(inflated.error());
    text = std::move(*inflated);
  }
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(text).get(root); error != simdjson::SUCCESS) {
    return Err(std::string("expected JSON, plain or with gzip: ") + simdjson::error_message(error));
  }
  simdjson::dom::element list;
  if (root["accounts"].get(list) != simdjson::SUCCESS) return Err(std::string("expected an object with accounts"));
  std::vector<stf::GenesisAccount> accounts;
  std::string why;
  if (!decode_accounts(list, accounts, why)) return Err(std::move(why));
  return accounts;
}

std::string write_state_dump(const std::vector<stf::GenesisAccount>& accounts, u64 block_number) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  out.field_null("block");
  out.key("accounts");
  out.begin_object();
  for (const stf::GenesisAccount& account : accounts) {
    out.key(to_hex(account.address));
    write_account(out, account);
  }
  out.end_object();
  out.key("best_block_number");
  out.number(block_number);
  for (const char* name : {"blocks", "transactions"}) {
    out.key(name);
    out.begin_array();
    out.end_array();
  }
  out.end_object();
  return text;
}

}  // namespace atlas::rpc
