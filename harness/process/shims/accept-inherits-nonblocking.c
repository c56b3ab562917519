/* accept() as BSD and macOS do it: the accepted socket inherits O_NONBLOCK from the listener. (accept4() too:
 * what calls it on Linux calls accept() there.) A program that reads at once gets EAGAIN before the request
 * has come. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "next.h"

static int inherit(int listener, int accepted) {
  const int error = errno;
  if (accepted >= 0 && (fcntl(listener, F_GETFL) & O_NONBLOCK) != 0) {
    fcntl(accepted, F_SETFL, fcntl(accepted, F_GETFL) | O_NONBLOCK);
  }
  errno = error;
  return accepted;
}

int accept(int listener, __SOCKADDR_ARG address, socklen_t* length) {
  int (*next)(int, __SOCKADDR_ARG, socklen_t*);
  ASSAY_NEXT(next, "accept");
  return inherit(listener, next(listener, address, length));
}

int accept4(int listener, __SOCKADDR_ARG address, socklen_t* length, int flags) {
  int (*next)(int, __SOCKADDR_ARG, socklen_t*, int);
  ASSAY_NEXT(next, "accept4");
  return inherit(listener, next(listener, address, length, flags));
}
