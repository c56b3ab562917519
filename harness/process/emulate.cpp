#include "harness/process/emulate.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/base/text.h"
#include "harness/process/cell.h"
#include "harness/process/launch.h"

namespace assay::process {
namespace {

// The first bytes of a file: enough for an ELF header with its program headers, or a #! line.
Result<std::string> beginning(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("cannot read " + path);
  std::string bytes(65536, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

template <typename Struct>
bool read_at(std::string_view bytes, std::size_t at, Struct& out) {
  if (at > bytes.size() || bytes.size() - at < sizeof out) return false;
  std::memcpy(&out, bytes.data() + at, sizeof out);
  return true;
}

// The dynamic linker that PT_INTERP names (System V ABI, chapter 5); empty = none.
Result<std::string> dynamic_linker(const std::string& path, std::string_view bytes) {
  Elf64_Ehdr header;
  if (bytes.size() > EI_CLASS && bytes[EI_CLASS] != ELFCLASS64) return fail(path + " is a 32-bit program");
  if (!read_at(bytes, 0, header)) return fail(path + " is cut short");
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read_at(bytes, header.e_phoff + i * header.e_phentsize, segment))
      return fail(path + " is cut short");
    if (segment.p_type != PT_INTERP) continue;
    if (segment.p_offset > bytes.size() || bytes.size() - segment.p_offset < segment.p_filesz) {
      return fail(path + " is cut short");
    }
    std::string name(bytes.substr(segment.p_offset, segment.p_filesz));
    name.resize(std::strlen(name.c_str()));
    return name;
  }
  return std::string();
}

// The program that the kernel runs for "#!/usr/bin/env node" or "#!/usr/bin/node --flag".
std::string script_interpreter(std::string_view bytes) {
  const auto line = trim(bytes.substr(2, bytes.find('\n') - 2));
  std::vector<std::string_view> words;
  for (const auto word : split(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  if (words.empty()) return {};
  if (!words[0].ends_with("/env")) return std::string(words[0]);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].front() != '-' && words[i].find('=') == std::string_view::npos) return std::string(words[i]);
  }
  return {};
}

Result<std::string> faketime_library() {
  for (const char* folder :
       {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"}) {
    std::string path = std::string(folder) + "/faketime/libfaketime.so.1";
    if (std::filesystem::exists(path)) return path;
  }
  return fail("a clock offset needs libfaketime (Debian package libfaketime)");
}

}  // namespace

const std::vector<ShimInfo>& shims() {
  static const std::vector<ShimInfo> all = {
      {"accept-inherits-nonblocking", "an accepted socket inherits O_NONBLOCK, as on BSD and macOS"},
      {"eintr", "every third blocking call on a socket fails once with EINTR"},
      {"short-io", "reads and writes on pipes and sockets move at most 13 bytes"}};
  return all;
}

Result<std::string> shim_library(std::string_view name) {
  std::string names;
  bool known = false;
  for (const ShimInfo& shim : shims()) {
    known = known || shim.name == name;
    names += (names.empty() ? "" : ", ") + std::string(shim.name);
  }
  if (!known) return fail(fmt::format("expected one of {}, found \"{}\"", names, name));
  for (std::filesystem::path folder = own_executable(); folder.has_relative_path();) {
    folder = folder.parent_path();
    auto path = folder / "lib" / "assay" / (std::string(name) + ".so");
    if (std::error_code error; std::filesystem::exists(path, error)) return path.string();
  }
  return fail(fmt::format("the library of the shim {} is missing: no lib/assay/{}.so above {}", name, name,
                          own_executable()));
}

Result<std::vector<std::string>> emulation_environment(const Emulation& emulation) {
  std::string preload;
  const auto add = [&](const std::string& path) { preload += (preload.empty() ? "" : ":") + path; };
  for (const std::string& name : emulation.shims) {
    const auto path = shim_library(name);
    if (!path) return tl::unexpected(path.error());
    add(*path);
  }
  std::vector<std::string> out;
  if (emulation.clock_offset != Micros(0)) {
    const auto path = faketime_library();
    if (!path) return tl::unexpected(path.error());
    add(*path);
    out.push_back(fmt::format(
        "FAKETIME={:+d}", std::chrono::duration_cast<std::chrono::seconds>(emulation.clock_offset).count()));
    out.emplace_back("FAKETIME_DONT_FAKE_MONOTONIC=1");  // deadlines go on as they are
  }
  if (!preload.empty()) out.insert(out.begin(), "LD_PRELOAD=" + preload);
  return out;
}

Result<void> can_preload(const std::string& program, const std::vector<std::string>& environment) {
  std::string name = program;
  for (int depth = 0; depth < 5; ++depth) {  // the kernel's own limit for scripts that run scripts
    const auto path = find_program(name, environment);
    if (!path) return fail(name + ": " + path.error().message);
    const auto bytes = beginning(*path);
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->starts_with("#!")) {
      name = script_interpreter(*bytes);
      if (name.empty()) return fail(*path + " names no interpreter");
      continue;
    }
    if (!bytes->starts_with(ELFMAG)) return fail(*path + " is neither an ELF program nor a script");
    const auto linker = dynamic_linker(*path, *bytes);
    if (!linker) return tl::unexpected(linker.error());
    if (linker->empty()) return fail(*path + " is statically linked: nothing can be preloaded");
    if (linker->find("ld-linux") == std::string::npos) {
      return fail(fmt::format("{} uses another C library ({}): nothing can be preloaded", *path, *linker));
    }
    return {};
  }
  return fail(program + ": too many interpreters");
}

}  // namespace assay::process
