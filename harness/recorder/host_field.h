// Names the upstream in the Host fields of a client's requests, and passes on every other byte as it is, at
// once: no byte waits for the next one. From the first byte on that is not HTTP/1.1 it leaves everything
// alone.
//
// Thread-safety: none; one connection owns one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/recorder/chunk_scan.h"

namespace assay {

class HostField {
 public:
  // `authority`: what Host is to say, "api.example.test:8080".
  explicit HostField(std::string authority) : authority_(std::move(authority)) {}

  // Appends to `out` what is to be sent for `bytes`. How the stream is cut into calls makes no difference.
  void pass(std::string_view bytes, std::string& out);
  // What follows is not HTTP: an upgraded connection.
  void leave_alone() { part_ = Part::alone; }

 private:
  enum class Part { request_line, name, value, body, chunks, alone };
  enum class Field { other, host, length, encoding };

  void head_byte(char c, std::string& out);
  void request_line_ended();
  void field_line_ended(std::string& out);
  void head_ended();
  void fold(char c, std::string& out);
  bool note_length(std::string_view value);

  std::string authority_;
  Part part_ = Part::request_line;
  char before_ = '\0';  // the byte before this one
  std::string line_;    // what of the line is of interest, bounded
  Field field_ = Field::other;
  bool replaced_ = false;  // the value that is being read was replaced; its bytes are not passed on
  bool folded_ = false;    // ... and so was the line end before it
  std::optional<std::uint64_t> length_;
  bool encoded_ = false;  // there was a Transfer-Encoding
  bool chunked_ = false;  // ... and it ends with chunked
  std::uint64_t left_ = 0;
  ChunkScan chunks_;
};

}  // namespace assay
