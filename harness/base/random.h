// The seeded source of every choice that is not written in a case file. Same seed, same sequence, on every
// machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay {

// SplitMix64. A value: copy it to fork the sequence. Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  // A generator for one purpose, independent of how often others were asked: Random(seed).fork("case name").
  Random fork(std::string_view purpose) const;

  std::uint64_t next();
  // Uniform in [0, n). n > 0.
  std::uint64_t below(std::uint64_t n);
  // Lower-case hexadecimal digits.
  std::string hex(std::size_t digits);
  // Letters and digits, as API keys have them.
  std::string alphanumeric(std::size_t length);

 private:
  std::uint64_t state_;
};

}  // namespace assay
