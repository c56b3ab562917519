// NeedleSet: many byte strings looked for in one pass over a text, at about a nanosecond a byte.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace assay::process {

class NeedleSet {
 public:
  // `needle` has two bytes or more. `owner` is what find() names.
  void add(std::string needle, std::size_t owner) {
    std::uint32_t& head = heads_[pair(needle.data())];
    longest_ = std::max(longest_, needle.size());
    needles_.push_back({std::move(needle), owner, head});
    head = static_cast<std::uint32_t>(needles_.size());
  }
  std::size_t longest() const { return longest_; }

  // Calls found(owner) wherever a needle stands.
  template <typename Found>
  void find(std::string_view text, Found&& found) const {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      for (std::uint32_t at = heads_[pair(text.data() + i)]; at != 0; at = needles_[at - 1].next) {
        const Needle& needle = needles_[at - 1];
        if (text.size() - i >= needle.bytes.size() &&
            std::memcmp(text.data() + i, needle.bytes.data(), needle.bytes.size()) == 0)
          found(needle.owner);
      }
    }
  }

 private:
  struct Needle {
    std::string bytes;
    std::size_t owner;
    std::uint32_t next;  // with the same first two bytes; 0 = none
  };
  static std::size_t pair(const char* at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(at[0])) << 8U |
           static_cast<unsigned char>(at[1]);
  }

  std::vector<std::uint32_t> heads_ = std::vector<std::uint32_t>(std::size_t{1} << 16U);
  std::vector<Needle> needles_;
  std::size_t longest_ = 0;
};

}  // namespace assay::process
