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

// In the next two, a line is a step and its comment what it does, or the stack after it, top last.

// clang-format off
Bytes l1_messenger_code() {
  return *from_hex(
      "3461008d57"  // no value
      "5f3560e01c6362f84b241861008d57"  // sendToL1(bytes) and nothing else
      "6024361061008d57"  // an argument
      "6004358063ffffffff1061008d57"  // offset
      "60240180361061008d57"  // start of the bytes, inside the call data
      "806020900335"  // start, length
      "813603811161008d57"  // and their end
      "60205f5280602052"  // abi.encode(bytes) from memory 0: offset, length
      "8082604037"  // the bytes; memory beyond them is zero
      "80604020"  // start, length, hash
      "9150601f01601f1916604001"  // hash, size of the event's data
      "81337f3a36e47291f4201faf137fab081d92295bce2d53be2c6ca68ba82c7faa9ce241835fa3"  // L1MessageSent(sender, hash, message)
      "505f5260205ff3"  // hash
      "5b5f5ffd"  // fail
  );
}

Bytes base_token_code() {
  return *from_hex(
      "5f3560e01c"  // selector
      "6004358060a01c61003a57"  // selector, receiver: 160 bits
      "8060401b636c0960f960e01b17606052"  // message from memory 0x60: finalizeEthWithdrawal's selector, receiver …
      "34607852"  // … amount
      "90806351cff8d91461003e57"  // withdraw(address)
      "6384bc3eb01461007c57"  // withdrawWithMessage(address,bytes)
      "5b5f5ffd"  // fail
      "5b506024361061003a57"  // withdraw: an argument
      "610051603861010c56"  // 56 bytes
      "5b345f52"  // receiver
      "337f2717ead6b9200dd235aad468c9809ea400fe33ac69b5bfaa6d3e90fc922b639860205fa300"  // Withdrawal(sender, receiver, amount)
      "5b6044361061003a57"  // withdrawWithMessage: two arguments
      "6024358063ffffffff1061003a57"  // offset of the bytes
      "60240180361061003a57"  // receiver, start, inside the call data
      "806020900335"  // receiver, start, length
      "813603811161003a57"  // and their end
      "3360601b609852808260ac37"  // … sender, the bytes
      "6100c381604c0161010c56"  // 76 bytes and theirs
      "5b345f52604060205280604052"  // event's data: amount, offset, length …
      "5f81606001528091606037"  // … the bytes, zeros behind them: receiver, length
      "601f01601f191660600190"  // size, receiver
      "337fc405fe8958410bbaf0c73b7a0c3e20859e86ca168a4c9b0def9c54d2555a306b835fa300"  // WithdrawalWithMessage(sender, receiver, amount, bytes)
      "5b6362f84b245f52602060205280604052"  // send(return, length): sendToL1's selector, offset, length
      "601f01601f1916604401"  // return, size of the call data
      "5f5f82601c5f6180085af11561003a575056"  // the messenger sends it
  );
}
// clang-format on

}  // namespace atlas::stf
