#include "harness/base/random.h"

namespace assay {

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Random Random::fork(std::string_view purpose) const {
  // FNV-1a over the purpose, mixed with the state.
  std::uint64_t h = 0xcbf29ce484222325ULL ^ state_;
  for (const char c : purpose) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3ULL;
  }
  Random mixed(h);
  return Random(mixed.next());
}

std::uint64_t Random::below(std::uint64_t n) {
  // Rejection keeps it uniform.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % n;
  std::uint64_t x = next();
  while (x >= limit) x = next();
  return x % n;
}

std::string Random::hex(std::size_t digits) {
  std::string out(digits, '0');
  for (char& c : out) c = "0123456789abcdef"[below(16)];
  return out;
}

std::string Random::alphanumeric(std::size_t length) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out(length, 'A');
  for (char& c : out) c = kAlphabet[below(kAlphabet.size())];
  return out;
}

}  // namespace assay
