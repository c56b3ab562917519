/* Reads and writes on pipes and stream sockets move at most 13 bytes, as POSIX allows at any time. A program
 * that takes what one call moved for the whole loses the rest. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "next.h"

enum { AT_MOST = 13 };

/* Datagrams are left whole: cutting one would lose its rest for ever. */
static int is_stream(int fd) {
  const int error = errno;
  struct stat info;
  int yes = 0;
  if (fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode)) yes = 1;
  if (!yes && S_ISSOCK(info.st_mode)) {
    int type = 0;
    socklen_t length = sizeof type;
    yes = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
  }
  errno = error;
  return yes;
}

static size_t cut(int fd, size_t size) {
  return size > AT_MOST && is_stream(fd) ? AT_MOST : size;
}

ssize_t read(int fd, void* buffer, size_t size) {
  ssize_t (*next)(int, void*, size_t);
  ASSAY_NEXT(next, "read");
  return next(fd, buffer, cut(fd, size));
}

ssize_t write(int fd, const void* buffer, size_t size) {
  ssize_t (*next)(int, const void*, size_t);
  ASSAY_NEXT(next, "write");
  return next(fd, buffer, cut(fd, size));
}

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  ssize_t (*next)(int, void*, size_t, int);
  ASSAY_NEXT(next, "recv");
  return next(fd, buffer, (flags & MSG_WAITALL) != 0 ? size : cut(fd, size), flags);
}

ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  ssize_t (*next)(int, const void*, size_t, int);
  ASSAY_NEXT(next, "send");
  return next(fd, buffer, cut(fd, size), flags);
}

/* The first part that holds anything is a short read or write of the whole. */
static const struct iovec* first_part(const struct iovec* parts, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (parts[i].iov_len > 0) return &parts[i];
  }
  return 0;
}

ssize_t readv(int fd, const struct iovec* parts, int count) {
  ssize_t (*next)(int, const struct iovec*, int);
  const struct iovec* part = count > 0 && is_stream(fd) ? first_part(parts, (size_t)count) : 0;
  if (part) return read(fd, part->iov_base, part->iov_len);
  ASSAY_NEXT(next, "readv");
  return next(fd, parts, count);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  ssize_t (*next)(int, const struct iovec*, int);
  const struct iovec* part = count > 0 && is_stream(fd) ? first_part(parts, (size_t)count) : 0;
  if (part) return write(fd, part->iov_base, part->iov_len);
  ASSAY_NEXT(next, "writev");
  return next(fd, parts, count);
}

ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  ssize_t (*next)(int, const struct msghdr*, int);
  ASSAY_NEXT(next, "sendmsg");
  const struct iovec* part =
      message->msg_controllen == 0 && is_stream(fd) ? first_part(message->msg_iov, message->msg_iovlen) : 0;
  if (part) return send(fd, part->iov_base, part->iov_len, flags);
  return next(fd, message, flags);
}

/* What programs compiled with _FORTIFY_SOURCE call instead. */
ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room);
ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room) {
  return read(fd, buffer, size < room ? size : room);
}

ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags);
ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags) {
  return recv(fd, buffer, size < room ? size : room, flags);
}
