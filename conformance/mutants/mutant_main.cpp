// assay-mutant NAME: speaks the adapter protocol on stdin and stdout with one part broken; with `run REQUEST`
// it does that one request, as `assay client run` does. --list names them. --empty ok|failed|values is a
// client that says nothing (empty.h).
#include "conformance/mutants/empty.h"
#include "conformance/mutants/mutant.h"
#include "conformance/reference/by_hand.h"

int main(int argc, char** argv) {
  using namespace assay::reference;
  if (argc == 2 && std::string_view(argv[1]) == "--list") {
    for (const Mutant& mutant : all_mutants()) std::printf("%s\n", std::string(mutant.name).c_str());
    return 0;
  }
  if (argc == 3 && std::string_view(argv[1]) == "--empty") {
    const std::string_view kind = argv[2];
    if (kind == "ok") return run_empty(Empty::ok, 0, 1);
    if (kind == "failed") return run_empty(Empty::failed, 0, 1);
    if (kind == "values") return run_empty(Empty::values, 0, 1);
  }
  for (const Mutant& mutant : all_mutants()) {
    const bool program = argc == 4 && std::string_view(argv[2]) == "run";
    if ((argc != 2 && !program) || mutant.name != argv[1]) continue;
    Parts parts = right_parts();
    mutant.mutate(parts);
    if (program) return run_program(parts, argv[3]);
    return run_adapter(parts, "assay-mutant " + std::string(mutant.name), 0, 1);
  }
  std::fprintf(stderr,
               argc == 2 ? "assay-mutant: there is no mutant \"%s\" (assay-mutant --list)\n"
                         : "usage: assay-mutant NAME [run REQUEST]%s\n",
               argc == 2 ? argv[1] : "");
  return 2;
}
