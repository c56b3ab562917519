// A statically linked program, which no shim can reach.
int main() {
  return 0;
}
