#include "harness/time/image.h"

#include <elf.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstring>
#include <optional>
#include <vector>

#include "harness/time/stub.h"
#include "harness/time/vdso.h"

namespace assay::casetime {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLargestVdso = 16 * kPage;
constexpr std::size_t kScratchBytes = kScratchSlots * kScratchSlotBytes;

// movabs $address, %r11; jmp *%r11. r11 is nobody's at the beginning of a function.
constexpr std::size_t kJumpBytes = 13;
std::array<unsigned char, kJumpBytes> jump_to(Address address) {
  std::array<unsigned char, kJumpBytes> code = {0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, 0x41, 0xff, 0xe3};
  std::memcpy(code.data() + 2, &address, sizeof address);
  return code;
}

// Where the entry for the vDSO lies in the auxiliary vector, above argv and the environment on a new stack.
std::optional<Address> vdso_entry(pid_t thread, Address stack) {
  const auto argc = read_value<std::uint64_t>(thread, stack);
  if (!argc) return std::nullopt;
  Address at = stack + 8 * (*argc + 2);
  for (std::optional<std::uint64_t> word; (word = read_value<std::uint64_t>(thread, at)) && *word != 0;)
    at += 8;
  for (at += 8;; at += sizeof(Elf64_auxv_t)) {
    const auto entry = read_value<Elf64_auxv_t>(thread, at);
    if (!entry || entry->a_type == AT_NULL) return std::nullopt;
    if (entry->a_type == AT_SYSINFO_EHDR) return at;
  }
}

std::string read_image(pid_t thread, Address from) {
  std::string image;
  std::string page(kPage, '\0');
  while (image.size() < kLargestVdso && read_memory(thread, from + image.size(), page.data(), kPage))
    image += page;
  return image;
}

// Makes every clock function of the vDSO jump to its replacement. False when one has no room for the jump.
bool redirect(pid_t thread, Address vdso, Address code) {
  bool any = false;
  for (const VdsoFunction& function : vdso_functions(read_image(thread, vdso))) {
    const std::int64_t offset = stub_offset(function.name);
    if (offset < 0) continue;
    const auto jump = jump_to(code + kStubCode + static_cast<Address>(offset));
    if (function.size < jump.size() ||
        !write_code(thread, vdso + function.offset, jump.data(), jump.size())) {
      return false;
    }
    any = true;
  }
  return any;
}

bool write_stub(pid_t thread, Address page, const ClockMap& map) {
  const std::string_view code = stub_code();
  if (kStubCode + code.size() > kStubPage) return false;
  std::string bytes(kStubCode, '\0');
  StubTable table{map.rate.per_1024, {}};
  for (std::size_t clock = 0; clock < kClocks; ++clock) table.base[clock] = map.base[clock];
  std::memcpy(bytes.data(), &table, sizeof table);
  bytes += code;
  return write_code(thread, page, bytes.data(), bytes.size());
}

TraceeCall map_memory(std::size_t bytes, int protection) {
  return {SYS_mmap,
          {0, bytes, static_cast<std::uint64_t>(protection), MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
           static_cast<std::uint64_t>(-1), 0}};
}

bool is_address(std::int64_t result) {
  return result > 0;
}

}  // namespace

Image prepare_image(pid_t thread, const ClockMap& map, bool hide_vdso) {
  const auto registers = read_registers(thread);
  if (!registers) return {0, false, "its registers cannot be read"};
  const auto entry = vdso_entry(thread, registers->rsp);
  if (!entry && !read_value<std::uint64_t>(thread, registers->rsp)) {
    return {0, false, "its memory cannot be read (the file is not readable)"};
  }
  const auto mapped = call_in_tracee(thread, {map_memory(kStubPage, PROT_READ | PROT_EXEC),
                                              map_memory(kScratchBytes, PROT_READ | PROT_WRITE)});
  if (mapped.size() != 2 || !is_address(mapped[1])) return {0, false, "it has no room for the tracer's page"};

  Image image{static_cast<Address>(mapped[1]), false, {}};
  if (!entry) return image;  // no vDSO: clocks are read by system calls anyway
  const auto vdso = read_value<Elf64_auxv_t>(thread, *entry);
  const auto page = static_cast<Address>(mapped[0]);
  if (!hide_vdso && vdso && is_address(mapped[0]) && write_stub(thread, page, map) &&
      redirect(thread, vdso->a_un.a_val, page)) {
    return image;
  }
  image.vdso_hidden = true;
  if (!write_value(thread, *entry, Elf64_auxv_t{AT_IGNORE, {0}}))
    image.problem = "its vDSO can be neither changed nor hidden";
  return image;
}

}  // namespace assay::casetime
