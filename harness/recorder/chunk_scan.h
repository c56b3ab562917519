// Follows a chunked body (RFC 9112 section 7.1) over its raw bytes: where it ends, and what a fixture cannot
// hold of how it was written. Keeps no byte of the payload.
//
// Thread-safety: none; one message owns one scan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace assay {

class ChunkScan {
 public:
  enum class State { inside, done, bad };

  // Reads from the front of `bytes` up to the end of the body, trailers included. Says how many bytes it
  // read: all of them unless it is done or bad now.
  std::size_t feed(std::string_view bytes);

  State state() const { return state_; }
  std::size_t chunks() const { return chunks_; }  // that had been begun, without the last, empty one
  bool has_extensions() const { return extensions_; }
  bool has_odd_sizes() const { return odd_sizes_; }  // not as our own serializer writes them: "1f", "0"
  const std::string& trailers() const {
    return trailers_;
  }  // their lines as they were sent, line ends included

 private:
  enum class Part { size_line, data, data_end, trailers };
  void line_ended();
  void size_line_ended(std::string_view line);
  void take(char c);

  State state_ = State::inside;
  Part part_ = Part::size_line;
  std::string line_;        // of the size or the trailer that is being read
  std::uint64_t left_ = 0;  // of the data of the chunk, or of the line end after it
  std::size_t chunks_ = 0;
  bool extensions_ = false;
  bool odd_sizes_ = false;
  std::string trailers_;
};

}  // namespace assay
