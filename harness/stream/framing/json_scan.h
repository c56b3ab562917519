// JsonScan: finds the end of one JSON object byte by byte, and the first byte that cannot stand where it
// stands (RFC 8259). It knows no numbers and no UTF-8: what is whole goes to a parser. What it has not
// refused is the beginning of some object. No allocation. A value; one owner.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace assay::stream {

class JsonScan {
 public:
  // `one_line`: a line end is a mistake, too (NDJSON).
  explicit JsonScan(bool one_line = false) : one_line_(one_line) {}

  enum class Found {
    more,    // the object goes on: all of `bytes` were read
    object,  // it ended: `read` bytes of `bytes` belong to it
    mistake  // the last of `read` bytes cannot stand there, or opens a level too many
  };
  // Goes on with the next bytes. Not to be asked again after `object` or `mistake`.
  Found next(std::string_view bytes, std::size_t& read);

  static constexpr std::size_t most_levels = 1024;  // as many as simdjson reads

 private:
  enum class State : std::uint8_t {
    begin,
    value,       // after a colon, or a comma of a list
    first_item,  // a value or ]
    first_key,   // a key or }
    key,
    colon,
    after,  // , or what closes
    string,
    escape,
    hex,
    literal,
    minus,
    zero,
    digits,
    point,
    fraction,
    exponent,
    exponent_sign,
    exponent_digits
  };
  bool step(char byte);
  bool begin_value(char byte);
  bool open(bool object);
  bool close(bool object);
  bool number(char byte);
  bool in_object() const { return (levels_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1U) != 0; }
  // Up to the first byte of a string that is not plain.
  static std::size_t plain(std::string_view bytes);

  State state_ = State::begin;
  bool one_line_;
  bool in_key_ = false;
  unsigned hex_left_ = 0;
  std::string_view literal_left_;
  std::size_t depth_ = 0;
  std::array<std::uint64_t, most_levels / 64> levels_{};  // a bit a level: an object, not a list
};

}  // namespace assay::stream
