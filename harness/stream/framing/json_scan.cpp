#include "harness/stream/framing/json_scan.h"

namespace assay::stream {

namespace {

bool is_space(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

bool is_hex(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

}  // namespace

JsonScan::Found JsonScan::next(std::string_view bytes, std::size_t& read) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (state_ == State::string) {
      at += plain(bytes.substr(at));
      if (at == bytes.size()) break;
    }
    if (!step(bytes[at])) {
      read = at + 1;
      return Found::mistake;
    }
    if (depth_ == 0) {
      read = at + 1;
      return Found::object;
    }
  }
  read = bytes.size();
  return Found::more;
}

std::size_t JsonScan::plain(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && bytes[at] != '"' && bytes[at] != '\\' &&
         static_cast<unsigned char>(bytes[at]) >= 0x20)
    ++at;
  return at;
}

// False: the byte cannot stand here.
bool JsonScan::step(char byte) {
  switch (state_) {
    case State::string:
      if (byte == '\\') {
        state_ = State::escape;
      } else if (byte == '"') {
        state_ = in_key_ ? State::colon : State::after;
      } else {
        return static_cast<unsigned char>(byte) >= 0x20;
      }
      return true;
    case State::escape:
      hex_left_ = 4;
      state_ = byte == 'u' ? State::hex : State::string;
      return byte == 'u' || std::string_view("\"\\/bfnrt").find(byte) != std::string_view::npos;
    case State::hex:
      if (--hex_left_ == 0) state_ = State::string;
      return is_hex(byte);
    case State::literal:
      if (byte != literal_left_.front()) return false;
      literal_left_.remove_prefix(1);
      if (literal_left_.empty()) state_ = State::after;
      return true;
    case State::minus:
    case State::zero:
    case State::digits:
    case State::point:
    case State::fraction:
    case State::exponent:
    case State::exponent_sign:
    case State::exponent_digits:
      if (number(byte)) return true;
      // It may have ended before this byte.
      if (state_ != State::zero && state_ != State::digits && state_ != State::fraction &&
          state_ != State::exponent_digits)
        return false;
      state_ = State::after;
      return step(byte);
    default:
      break;
  }
  if (is_space(byte)) return state_ != State::begin && !(one_line_ && byte == '\n');
  switch (state_) {
    case State::begin:
      return byte == '{' && open(true);
    case State::first_item:
      return byte == ']' ? close(false) : begin_value(byte);
    case State::value:
      return begin_value(byte);
    case State::first_key:
      if (byte == '}') return close(true);
      [[fallthrough]];
    case State::key:
      in_key_ = true;
      state_ = State::string;
      return byte == '"';
    case State::colon:
      state_ = State::value;
      return byte == ':';
    default:
      if (byte == '}' || byte == ']') return close(byte == '}');
      state_ = in_object() ? State::key : State::value;
      return byte == ',';
  }
}

bool JsonScan::begin_value(char byte) {
  switch (byte) {
    case '{':
      return open(true);
    case '[':
      return open(false);
    case '"':
      in_key_ = false;
      state_ = State::string;
      return true;
    case 't':
      literal_left_ = "rue";
      break;
    case 'f':
      literal_left_ = "alse";
      break;
    case 'n':
      literal_left_ = "ull";
      break;
    default:
      state_ = byte == '-' ? State::minus : byte == '0' ? State::zero : State::digits;
      return byte == '-' || is_digit(byte);
  }
  state_ = State::literal;
  return true;
}

bool JsonScan::open(bool object) {
  if (depth_ == most_levels) return false;
  const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
  std::uint64_t& levels = levels_[depth_ / 64];
  levels = object ? levels | bit : levels & ~bit;
  ++depth_;
  state_ = object ? State::first_key : State::first_item;
  return true;
}

bool JsonScan::close(bool object) {
  if (in_object() != object) return false;
  --depth_;
  state_ = State::after;
  return true;
}

// True: the byte goes on with the number.
bool JsonScan::number(char byte) {
  const bool digit = is_digit(byte);
  switch (state_) {
    case State::minus:
      if (digit) state_ = byte == '0' ? State::zero : State::digits;
      return digit;
    case State::zero:
    case State::digits:
      if (digit) return state_ == State::digits;
      if (byte == '.') {
        state_ = State::point;
        return true;
      }
      break;
    case State::point:
      if (digit) state_ = State::fraction;
      return digit;
    case State::fraction:
      if (digit) return true;
      break;
    case State::exponent:
      if (byte == '+' || byte == '-') {
        state_ = State::exponent_sign;
        return true;
      }
      [[fallthrough]];
    case State::exponent_sign:
      if (digit) state_ = State::exponent_digits;
      return digit;
    default:
      return digit;
  }
  if (byte != 'e' && byte != 'E') return false;
  state_ = State::exponent;
  return true;
}

}  // namespace assay::stream
