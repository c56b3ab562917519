"""The bill of materials, SPDX 2.3: every file of the tree, the libraries beside the program, and those compiled into it."""
import hashlib
import json
import os
import subprocess
import time

import archive
from product import NAME, VERSION

LICENCES = {
    "libbrotli1": "MIT", "libfmt9": "MIT", "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1", "libre2-9": "BSD-3-Clause",
    "libseccomp2": "LGPL-2.1-only", "libsimdjson14": "Apache-2.0", "libssl3": "Apache-2.0", "libvterm0": "MIT",
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1", "libyaml-0-2": "MIT", "libzstd1": "BSD-3-Clause", "zlib1g": "Zlib",
    "libboost1.81-dev": "BSL-1.0", "nlohmann-json3-dev": "MIT", "libcli11-dev": "BSD-3-Clause", "libexpected-dev": "CC0-1.0",
    "libc6-dev": "LGPL-2.1-or-later",
}
COMPILED_IN = ("libboost1.81-dev", "nlohmann-json3-dev", "libcli11-dev", "libexpected-dev", "libc6-dev")


def _identifier(kind, name):
    return f"SPDXRef-{kind}-" + "".join(c if c.isalnum() or c in ".-" else "-" for c in name)


def _package(name, version, licence):
    return {"SPDXID": _identifier("Package", name), "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": licence, "copyrightText": "NOASSERTION",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": f"pkg:deb/debian/{name.replace('+', '%2B')}@{version.replace('+', '%2B').replace(':', '%3A')}"}]}


def make(tree, bundled, out, when):
    """Writes the .spdx.json file into the folder `out`; its path."""
    main = {"SPDXID": _identifier("Package", NAME), "name": NAME, "versionInfo": VERSION, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": True, "licenseConcluded": "NOASSERTION", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION"}
    packages, relations, files = [main], [], []

    def relate(one, kind, other):
        relations.append({"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other})

    relate("SPDXRef-DOCUMENT", "DESCRIBES", main["SPDXID"])
    for name, version in sorted({(one.package, one.version) for one in bundled}):
        packages.append(_package(name, version, LICENCES.get(name, "NOASSERTION")))
        relate(main["SPDXID"], "DYNAMIC_LINK", packages[-1]["SPDXID"])
    for name in COMPILED_IN:
        version = subprocess.check_output(["dpkg-query", "-W", "-f", "${Version}\n", name], text=True).split()[0]
        packages.append(_package(name, version, LICENCES[name]))
        relate(main["SPDXID"], "STATIC_LINK", packages[-1]["SPDXID"])
    for path, full in archive.files_of(tree):
        if not os.path.isfile(full):
            continue
        with open(full, "rb") as file:
            content = file.read()
        # A name alone would not do: a/b and a-b would be one.
        files.append({"SPDXID": f"SPDXRef-File-{hashlib.sha256(path.encode()).hexdigest()[:16]}", "fileName": f"./{path}",
                      "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()},
                                    {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}],
                      "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"})
        relate(main["SPDXID"], "CONTAINS", files[-1]["SPDXID"])
    # SPDX 2.3, 7.9: of the sorted digests of all files.
    digests = "".join(sorted(one["checksums"][0]["checksumValue"] for one in files))
    main["packageVerificationCode"] = {"packageVerificationCodeValue": hashlib.sha1(digests.encode()).hexdigest()}
    seal = hashlib.sha256("".join(one["checksums"][1]["checksumValue"] for one in files).encode()).hexdigest()
    document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"{NAME}-{VERSION}",
                "documentNamespace": f"https://spdx.invalid/{NAME}-{VERSION}-{seal}",
                "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)), "creators": ["Tool: ci/package"]},
                "packages": packages, "files": files, "relationships": relations}
    path = os.path.join(out, f"{NAME}-{VERSION}.spdx.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
    return path
