#include "harness/time/ledger.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace assay::casetime {
namespace {

// Lateness is counted in classes that grow by a fourth each: class 4k+r begins at 2^k + r * 2^(k-2) µs.
constexpr std::size_t kClasses = 128;
std::size_t class_of(std::uint64_t micros) {
  if (micros < 4) return micros;
  const auto power = static_cast<unsigned>(std::bit_width(micros)) - 1;
  return std::min<std::size_t>(std::size_t{4} * (power - 1) + ((micros >> (power - 2)) & 3U), kClasses - 1);
}
// Where the next class begins.
std::uint64_t end_of(std::size_t index) {
  if (index < 4) return index + 1;
  const auto power = index / 4 + 1;
  return (std::uint64_t{5} + index % 4) << (power - 2);
}

constexpr std::size_t kNotes = 16;
constexpr std::size_t kNoteBytes = 240;

}  // namespace

struct Ledger::Memory {
  struct NoteMemory {
    std::atomic<std::uint32_t> kind;  // last: 0 while the text is being written
    char text[kNoteBytes];
  };
  std::atomic<std::uint64_t> counts[kCounts];
  std::atomic<std::uint64_t> late[kClasses];
  std::atomic<std::uint64_t> worst;  // µs
  std::atomic<std::uint32_t> note_count;
  NoteMemory notes[kNotes];
};

Result<Ledger> Ledger::map(UniqueFd fd) {
  void* memory = ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return fail(std::string("cannot map a ledger: ") + std::strerror(errno));
  return Ledger(std::move(fd), static_cast<Memory*>(memory));
}

Result<Ledger> Ledger::create() {
  UniqueFd fd(::memfd_create("assay-time", MFD_CLOEXEC));
  // All zero is an empty ledger.
  if (!fd || ::ftruncate(fd.get(), sizeof(Memory)) != 0) {
    return fail(std::string("no memory for a ledger: ") + std::strerror(errno));
  }
  return map(std::move(fd));
}

Result<Ledger> Ledger::open(int fd) {
  return map(UniqueFd(fd));
}

Ledger::Ledger(Ledger&& other) noexcept
    : fd_(std::move(other.fd_)), memory_(std::exchange(other.memory_, nullptr)) {}

Ledger& Ledger::operator=(Ledger&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(memory_, other.memory_);
  return *this;
}

Ledger::~Ledger() {
  if (memory_ != nullptr) ::munmap(memory_, sizeof(Memory));
}

std::uint64_t Ledger::count(Count what) const {
  return memory_->counts[what].load(std::memory_order_relaxed);
}

Lateness Ledger::lateness() const {
  Lateness out;
  for (const auto& late : memory_->late) out.waits += late.load(std::memory_order_relaxed);
  out.worst = Micros(memory_->worst.load(std::memory_order_relaxed));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kClasses && out.waits > 0; ++i) {
    seen += memory_->late[i].load(std::memory_order_relaxed);
    if (seen * 10 < out.waits * 9) continue;
    out.p90 = std::min(Micros(end_of(i)), out.worst);
    break;
  }
  return out;
}

std::vector<Note> Ledger::notes() const {
  std::vector<Note> out;
  for (const auto& note : memory_->notes) {
    const std::uint32_t kind = note.kind.load(std::memory_order_acquire);
    if (kind == 0) continue;
    out.push_back({static_cast<Note::Kind>(kind), std::string(note.text, ::strnlen(note.text, kNoteBytes))});
  }
  return out;
}

void Ledger::add(Count what, std::uint64_t amount) {
  memory_->counts[what].fetch_add(amount, std::memory_order_relaxed);
}

void Ledger::add_lateness(std::int64_t nanoseconds) {
  const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0)) / 1000;
  memory_->late[class_of(micros)].fetch_add(1, std::memory_order_relaxed);
  if (micros > memory_->worst.load(std::memory_order_relaxed))
    memory_->worst.store(micros, std::memory_order_relaxed);
}

void Ledger::add_note(Note::Kind kind, const std::string& text) {
  const std::string kept = text.substr(0, kNoteBytes);
  for (const Note& known : notes()) {
    if (known.text == kept) return;
  }
  const std::uint32_t index = memory_->note_count.fetch_add(1, std::memory_order_relaxed);
  if (index >= kNotes) return;
  auto& note = memory_->notes[index];
  std::memcpy(note.text, kept.data(), kept.size());
  note.kind.store(kind, std::memory_order_release);
}

}  // namespace assay::casetime
