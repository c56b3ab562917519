// A program that does nothing but what start.h asks of the one that starts others in case time; for tests.
#include "harness/time/start.h"

int main(int argc, char** argv) {
  return assay::casetime::timed_main(argc, argv).value_or(2);
}
