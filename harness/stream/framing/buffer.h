// One linear receive buffer: bytes are appended at the end, taken from the front, and the unread tail is
// moved to the front when room is needed. Always followed by `padding` readable bytes, so that SIMD code may
// read past the end. It grows only when an unread tail needs it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace assay::stream {

class Buffer {
 public:
  static constexpr std::size_t padding = 64;

  // Room for `size` more bytes. Moves the unread bytes: offsets from begin() stay valid, pointers do not.
  char* prepare(std::size_t size) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ - end_ < size) make_room(size);
    return data_.get() + end_;
  }
  void commit(std::size_t size) { end_ += size; }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void consume(std::size_t size) { begin_ += size; }

  const char* begin() const { return data_.get() + begin_; }
  const char* end() const { return data_.get() + end_; }
  std::size_t size() const { return end_ - begin_; }
  std::string_view unread() const { return {begin(), size()}; }

 private:
  void make_room(std::size_t size) {
    const std::size_t tail = end_ - begin_;
    if (capacity_ < tail + size) {
      std::size_t wanted = capacity_ < initial ? initial : capacity_;
      while (wanted < tail + size) wanted *= 2;
      // Zeros that cost nothing where much is asked for: the pages come when they are used.
      std::unique_ptr<char[], Free> bigger(static_cast<char*>(std::calloc(wanted + padding, 1)));
      if (!bigger) throw std::bad_alloc();
      if (tail != 0) std::memcpy(bigger.get(), begin(), tail);
      data_ = std::move(bigger);
      capacity_ = wanted;
    } else {
      std::memmove(data_.get(), begin(), tail);
    }
    begin_ = 0;
    end_ = tail;
  }

  static constexpr std::size_t initial = 4096;
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char[], Free> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace assay::stream
