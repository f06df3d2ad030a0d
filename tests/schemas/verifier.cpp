// Verdicts of the FlatBuffers library's own verifier, for messages read from standard input.
//
// In: four bytes of identifier, a 32-bit length, the message; again and again. Out: one character a message:
//   2  sound
//   1  sound but for the alignment of its numbers
//   0  unsound
//   ?  no such identifier
//
// roots.h is made by the test from the schema texts: includes of what flatc made of them, and a list of their roots.

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "roots.h"

using Verify = bool (*)(flatbuffers::Verifier &);

static const std::map<std::string, Verify> known = {
#define ROOT(id, table) {id, [](flatbuffers::Verifier &v) { return v.VerifyBuffer<table>(id); }},
    ROOTS
#undef ROOT
};

static bool verdict(Verify verify, const std::vector<uint8_t> &message, bool check_alignment) {
  flatbuffers::Verifier verifier(message.data(), message.size(), 64, 1000000, check_alignment);
  return verify(verifier);
}

int main() {
  char id[5] = {0};
  uint32_t length = 0;
  std::vector<uint8_t> message;
  while (std::fread(id, 1, 4, stdin) == 4 && std::fread(&length, 4, 1, stdin) == 1) {
    message.resize(length);
    message.shrink_to_fit();
    if (std::fread(message.data(), 1, length, stdin) != length) return 1;
    const auto found = known.find(id);
    if (found == known.end()) {
      std::putchar('?');
    } else {
      std::putchar(verdict(found->second, message, true) ? '2' : verdict(found->second, message, false) ? '1' : '0');
    }
  }
  return 0;
}
