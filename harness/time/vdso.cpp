#include "harness/time/vdso.h"

#include <elf.h>

#include <cstring>
#include <optional>

namespace assay::casetime {
namespace {

template <typename T>
std::optional<T> at(std::string_view image, std::uint64_t offset) {
  if (offset > image.size() || image.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, image.data() + offset, sizeof value);
  return value;
}

std::string text_at(std::string_view image, std::uint64_t offset) {
  if (offset >= image.size()) return {};
  const auto rest = image.substr(offset);
  return std::string(rest.substr(0, rest.find('\0')));
}

struct Tables {
  std::uint64_t symbols = 0, strings = 0;
};

// The first loaded segment of a vDSO is all of it: addresses are offsets, less where it was linked to.
std::optional<std::uint64_t> linked_at(std::string_view image, const Elf64_Ehdr& header) {
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(image, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment && segment->p_type == PT_LOAD) return segment->p_vaddr - segment->p_offset;
  }
  return std::nullopt;
}

Tables tables_of(std::string_view image, const Elf64_Ehdr& header, std::uint64_t bias) {
  Tables found;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(image, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment || segment->p_type != PT_DYNAMIC) continue;
    for (std::uint64_t offset = segment->p_offset;; offset += sizeof(Elf64_Dyn)) {
      const auto entry = at<Elf64_Dyn>(image, offset);
      if (!entry || entry->d_tag == DT_NULL) break;
      if (entry->d_tag == DT_SYMTAB) found.symbols = entry->d_un.d_ptr - bias;
      if (entry->d_tag == DT_STRTAB) found.strings = entry->d_un.d_ptr - bias;
    }
  }
  return found;
}

}  // namespace

std::vector<VdsoFunction> vdso_functions(std::string_view image) {
  const auto header = at<Elf64_Ehdr>(image, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64) {
    return {};
  }
  const auto bias = linked_at(image, *header);
  if (!bias) return {};
  const Tables tables = tables_of(image, *header, *bias);
  // Nothing in the image says how many symbols there are but its hash tables, which kernels differ in; the
  // strings follow the symbols in all of them.
  std::vector<VdsoFunction> out;
  if (tables.symbols == 0 || tables.strings <= tables.symbols) return {};
  for (std::uint64_t offset = tables.symbols; offset + sizeof(Elf64_Sym) <= tables.strings;
       offset += sizeof(Elf64_Sym)) {
    const auto symbol = at<Elf64_Sym>(image, offset);
    if (!symbol) break;
    if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC) continue;
    out.push_back(
        {text_at(image, tables.strings + symbol->st_name), symbol->st_value - *bias, symbol->st_size});
  }
  return out;
}

}  // namespace assay::casetime
