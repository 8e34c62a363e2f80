#include <stf/system_contracts.hpp>

namespace atlas::stf {

Bytes history_code() {
  return *from_hex(
      "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611f"
      "ff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500");
}

Bytes beacon_roots_code() {
  return *from_hex(
      "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c"
      "575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500");
}

}  // namespace atlas::stf
