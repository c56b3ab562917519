// Takes the version of the SDK out of Cargo.lock, for the hello: the package that [package.metadata] names.
use std::fs::read_to_string;

fn main() {
    let manifest = read_to_string("Cargo.toml").unwrap_or_default();
    let sdk = manifest.lines().find_map(|line| line.strip_prefix("sdk = ")).unwrap_or_default().trim_matches('"').to_string();
    let lock = read_to_string("Cargo.lock").unwrap_or_default();
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{sdk}\"")).skip(1);
    let version = lines.next().and_then(|line| line.strip_prefix("version = ")).unwrap_or_default().trim_matches('"').to_string();
    println!("cargo:rustc-env=SDK_NAME={sdk}");
    println!("cargo:rustc-env=SDK_VERSION={version}");
}
