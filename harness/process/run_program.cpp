// run_program() of child.h: one program from its start to its end.
#include <utility>

#include "harness/process/child.h"

namespace assay::process {

Result<Completed> run_program(ChildOptions options, Micros deadline) {
  auto child = Child::start(std::move(options));
  if (!child) return tl::unexpected(child.error());
  Completed done;
  auto status = child->wait(deadline);
  if (!status) {
    done.timed_out = true;
    status = child->stop(Micros(0));
    if (!status) return tl::unexpected(status.error());
  }
  done.status = *status;
  done.out = child->text(Stream::out);
  done.err = child->text(Stream::err);
  return done;
}

}  // namespace assay::process
