/* Every third blocking read(), recv(), accept(), connect() or poll() on a socket fails once with EINTR, as it
 * does when a signal with a handler comes in. Non-blocking sockets are left alone: they never give EINTR. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "next.h"

enum { EVERY = 3 };

static int interrupted(void) {
  static atomic_uint calls;
  if (atomic_fetch_add(&calls, 1) % EVERY != EVERY - 1) return 0;
  errno = EINTR;
  return 1;
}

static int blocking_socket(int fd) {
  const int error = errno;
  struct stat info;
  const int yes = fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode) && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
  errno = error;
  return yes;
}

ssize_t read(int fd, void* buffer, size_t size) {
  ssize_t (*next)(int, void*, size_t);
  if (blocking_socket(fd) && interrupted()) return -1;
  ASSAY_NEXT(next, "read");
  return next(fd, buffer, size);
}

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  ssize_t (*next)(int, void*, size_t, int);
  if ((flags & MSG_DONTWAIT) == 0 && blocking_socket(fd) && interrupted()) return -1;
  ASSAY_NEXT(next, "recv");
  return next(fd, buffer, size, flags);
}

int accept(int fd, __SOCKADDR_ARG address, socklen_t* length) {
  int (*next)(int, __SOCKADDR_ARG, socklen_t*);
  if (blocking_socket(fd) && interrupted()) return -1;
  ASSAY_NEXT(next, "accept");
  return next(fd, address, length);
}

int accept4(int fd, __SOCKADDR_ARG address, socklen_t* length, int flags) {
  int (*next)(int, __SOCKADDR_ARG, socklen_t*, int);
  if (blocking_socket(fd) && interrupted()) return -1;
  ASSAY_NEXT(next, "accept4");
  return next(fd, address, length, flags);
}

/* An interrupted connect() goes on behind the program's back (POSIX), so it is begun here. */
int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length) {
  int (*next)(int, __CONST_SOCKADDR_ARG, socklen_t);
  ASSAY_NEXT(next, "connect");
  if (blocking_socket(fd) && interrupted()) {
    const int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    const int result = next(fd, address, length);
    const int error = errno;
    fcntl(fd, F_SETFL, flags);
    if (result == 0) return 0;
    errno = error == EINPROGRESS ? EINTR : error;
    return -1;
  }
  return next(fd, address, length);
}

int poll(struct pollfd* fds, nfds_t count, int timeout) {
  int (*next)(struct pollfd*, nfds_t, int);
  if (timeout != 0 && interrupted()) return -1;
  ASSAY_NEXT(next, "poll");
  return next(fds, count, timeout);
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

int __poll_chk(struct pollfd* fds, nfds_t count, int timeout, size_t room);
int __poll_chk(struct pollfd* fds, nfds_t count, int timeout, size_t room) {
  (void)room;
  return poll(fds, count, timeout);
}
