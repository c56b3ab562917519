// The canary search in files: whatever a client left, however deep, large, sparse or compressed it is.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "harness/base/unique_fd.h"
#include "harness/process/canary.h"

namespace assay::process {
namespace {

constexpr int kDeepest = 200;
constexpr std::size_t kMostEntries = 500'000;
constexpr std::uint64_t kMostBytes = std::uint64_t{8} << 30U;
constexpr std::size_t kPiece = std::size_t{1} << 20U;
constexpr std::size_t kLargestArchive = std::size_t{128} << 20U;
constexpr std::uint64_t kMostInflated = std::uint64_t{1} << 30U;
// An escaped secret is longer than the secret: \u002d for one byte.
constexpr std::size_t kEscaped = 6;

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// A path for a message: the end of a long one says little.
std::string shortened(const std::string& path) {
  constexpr std::size_t kMost = 200;
  return path.size() <= kMost ? path : path.substr(0, kMost) + "...";
}

bool is_below(const std::string& path, const std::string& store) {
  return path == store ||
         (path.starts_with(store) && path.size() > store.size() && path[store.size()] == '/');
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

}  // namespace

struct CanarySearch::Walk {
  const FileSearch& how;
  std::size_t entries = 0;
  std::uint64_t bytes = 0, inflated = 0;
  std::set<std::pair<dev_t, ino_t>> seen = {};  // of files with several names
};

void CanarySearch::in_files(const std::string& root, const FileSearch& how) {
  const int folder = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  Walk walk{how};
  in_folder(walk, folder, "", 0);
}

// Takes `folder`. By descriptors, so that no path is too long.
void CanarySearch::in_folder(Walk& walk, int folder, const std::string& shown, int depth) {
  const auto leave_out = [&](const std::string& what, const std::string& why) {
    unsearched_.push_back((what.empty() ? "." : shortened(what)) + ": " + why);
  };
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::fdopendir(folder), ::closedir);
  if (!open) {
    ::close(folder);
    return leave_out(shown, std::strerror(errno));
  }
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string path = below(shown, name);
    if (std::any_of(walk.how.stores.begin(), walk.how.stores.end(),
                    [&](const auto& store) { return is_below(path, store); }))
      continue;
    struct stat info {};
    if (::fstatat(::dirfd(open.get()), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const bool fresh = nanoseconds(info.st_ctim) >= walk.how.since_ns;
    if (fresh && ++walk.entries > kMostEntries) {
      if (walk.entries == kMostEntries + 1) leave_out(shown, fmt::format("more than {} files", kMostEntries));
      return;
    }
    if (fresh) in_text("files", "a name in " + shortened(shown.empty() ? "." : shown), name);
    if (S_ISLNK(info.st_mode) && fresh) {
      std::string target(4096, '\0');
      const ssize_t size = ::readlinkat(::dirfd(open.get()), name.c_str(), target.data(), target.size());
      if (size > 0)
        in_text("files", shortened(path), std::string_view(target).substr(0, static_cast<std::size_t>(size)));
    } else if (S_ISDIR(info.st_mode)) {
      if (depth == kDeepest) {
        if (fresh) leave_out(path, fmt::format("more than {} folders deep", kDeepest));
        continue;
      }
      const int inner =
          ::openat(::dirfd(open.get()), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (inner >= 0) {
        in_folder(walk, inner, path, depth + 1);
      } else if (fresh) {
        leave_out(path, std::strerror(errno));
      }
    } else if (S_ISREG(info.st_mode) && fresh) {
      if (info.st_nlink > 1 && !walk.seen.emplace(info.st_dev, info.st_ino).second) continue;
      const UniqueFd file(
          ::openat(::dirfd(open.get()), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
      if (file) {
        in_file(walk, file.get(), path);
      } else {
        leave_out(path, std::strerror(errno));
      }
    }
  }
}

// In pieces that overlap, so that memory stays bounded and no secret falls between two.
void CanarySearch::in_file(Walk& walk, int file, const std::string& shown) {
  const auto leave_out = [&](const std::string& why) {
    unsearched_.push_back(shortened(shown) + ": " + why);
  };
  const std::size_t overlap = kEscaped * needles_.longest();
  std::string window, archive, piece(kPiece, '\0');
  bool is_archive = false, kept_whole = true;
  off_t at = 0;
  while (true) {
    const off_t data = ::lseek(file, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // a hole up to the end
    if (data > at) {
      window.clear();
      kept_whole = false;
      at = data;
    }
    const ssize_t got = ::pread(file, piece.data(), piece.size(), at);
    if (got < 0) leave_out(std::strerror(errno));
    if (got <= 0) break;
    const auto bytes = std::string_view(piece).substr(0, static_cast<std::size_t>(got));
    if (at == 0) is_archive = bytes.starts_with("\x1f\x8b") || bytes.starts_with("PK\x03\x04");
    at += got;
    window.append(bytes);
    in_text("files", shortened(shown), window);
    if (window.size() > overlap) window.erase(0, window.size() - overlap);
    kept_whole = kept_whole && archive.size() + bytes.size() <= kLargestArchive;
    if (is_archive && kept_whole) archive.append(bytes);
    walk.bytes += bytes.size();
    if (walk.bytes > kMostBytes)
      return leave_out(fmt::format("more than {} GiB in all files", kMostBytes >> 30U));
  }
  if (is_archive) in_archive(walk, archive, shown);
  if (is_archive && !kept_whole) leave_out("an archive with holes, or of more than 128 MiB");
}

void CanarySearch::in_archive(Walk& walk, std::string_view bytes, const std::string& shown) {
  constexpr int kGzip = 15 + 16, kRaw = -15;
  if (bytes.starts_with("\x1f\x8b")) {
    inflate_and_look(walk, bytes, kGzip, shown);
    return;
  }
  // Every local header, wherever it stands: its deflated data says itself where it ends (APPNOTE 4.3.7).
  constexpr std::string_view kLocal("PK\x03\x04");
  constexpr std::size_t kHeader = 30;
  for (std::size_t at = bytes.find(kLocal); at != std::string_view::npos; at = bytes.find(kLocal, at + 4)) {
    if (bytes.size() - at < kHeader) return;
    const auto number = [&](std::size_t offset) {
      return static_cast<unsigned>(static_cast<unsigned char>(bytes[at + offset])) |
             static_cast<unsigned>(static_cast<unsigned char>(bytes[at + offset + 1])) << 8U;
    };
    const std::size_t data = at + kHeader + number(26) + number(28);
    if (number(8) != Z_DEFLATED || data >= bytes.size()) continue;  // stored: it was found as it stands
    if (!inflate_and_look(walk, bytes.substr(data), kRaw, shown)) return;
  }
}

// False when there is too much.
bool CanarySearch::inflate_and_look(Walk& walk, std::string_view bytes, int window_bits,
                                    const std::string& shown) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return false;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  const std::size_t overlap = kEscaped * needles_.longest();
  std::string window, piece(kPiece, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = piece.size() - stream.avail_out;
    window.append(piece, 0, got);
    if (got > 0) in_text("files", shortened(shown) + " (compressed)", window);
    if (window.size() > overlap) window.erase(0, window.size() - overlap);
    walk.inflated += got;
    if (walk.inflated > kMostInflated) {
      unsearched_.push_back(shortened(shown) + ": more than 1 GiB in compressed files");
      return false;
    }
    // Members of one gzip file that follow each other are one text.
    if (status == Z_STREAM_END && window_bits > 0 && stream.avail_in > 0) status = inflateReset(&stream);
    if (got == 0 && status == Z_OK && stream.avail_in == 0) break;
  }
  return true;
}

}  // namespace assay::process
